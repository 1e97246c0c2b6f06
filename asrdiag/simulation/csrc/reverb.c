#include "recursions.h"

enum { COMBS = 8, ALLPASSES = 4, LINES = COMBS + ALLPASSES, BLOCK = 256 };

/* Samples at 44.1 kHz, of Freeverb's left channel. */
static const int64_t tunings[LINES] = {1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617, 556, 441, 341, 225};

typedef struct {
    double *at; /* a ring of `size` */
    size_t size, next;
} line;

/* How many samples can be done before one of the rings ends. */
static size_t straight(const line *lines, size_t most)
{
    for (int k = 0; k < LINES; k++)
        if (lines[k].size - lines[k].next < most)
            most = lines[k].size - lines[k].next;
    return most;
}

static void advance(line *lines, size_t count)
{
    for (int k = 0; k < LINES; k++) {
        lines[k].next += count;
        if (lines[k].next == lines[k].size)
            lines[k].next = 0;
    }
}

/* Eight combs in parallel, each with a low-pass in its loop. */
static void run_combs(const room *in, const line *lines, double *state, const float *from, double *sum, size_t n)
{
    const double fresh = 1 - in->damping, damping = -in->damping, feedback = in->feedback;
    double *at[COMBS], held[COMBS];
    for (int k = 0; k < COMBS; k++) {
        at[k] = lines[k].at + lines[k].next;
        held[k] = state[k];
    }
    for (size_t i = 0; i < n; i++) {
        const double input = from[i] * 0.015;
        double total = 0;
        for (int k = 0; k < COMBS; k++) {
            const double out = at[k][i];
            const double low = held[k] + out * fresh;
            held[k] = out * 0.0 - low * damping;
            at[k][i] = input + low * feedback;
            total += out;
        }
        sum[i] = total;
    }
    for (int k = 0; k < COMBS; k++)
        state[k] = held[k];
}

static void run_allpass(const line *with, double *value, size_t n)
{
    double *at = with->at + with->next;
    for (size_t i = 0; i < n; i++) {
        const double held = at[i];
        at[i] = value[i] + held * 0.5;
        value[i] = held - value[i];
    }
}

static size_t size_of(int line, int64_t sample_rate_hz)
{
    int64_t size = sample_rate_hz * tunings[line] / 44100;
    return size > 0 ? (size_t)size : 1;
}

size_t reverb_state(int64_t sample_rate_hz)
{
    size_t total = COMBS;
    for (int k = 0; k < LINES; k++)
        total += size_of(k, sample_rate_hz);
    return total;
}

void reverberate(const room *in, int64_t sample_rate_hz, double *state, uint64_t done, const float *from, float *to,
                 size_t n)
{
    line lines[LINES];
    double value[BLOCK];
    double *rings = state + COMBS;
    for (int k = 0; k < LINES; k++) {
        lines[k].size = size_of(k, sample_rate_hz);
        lines[k].next = (size_t)(done % lines[k].size);
        lines[k].at = rings;
        rings += lines[k].size;
    }
    for (size_t i = 0, count; i < n; i += count) {
        count = straight(lines, n - i < BLOCK ? n - i : BLOCK);
        run_combs(in, lines, state, from + i, value, count);
        for (int k = COMBS; k < LINES; k++)
            run_allpass(lines + k, value, count);
        for (size_t j = 0; j < count; j++)
            to[i + j] = (float)(value[j] * in->wet + from[i + j] * in->dry);
        advance(lines, count);
    }
}
