/* The compiled twin of primitives/pure.py: what is computed is documented there and in docs/simulation.md.
 *
 * Nothing here but module.c knows of Python, so all of it runs without holding Python's lock. Every sum and
 * product is in the order of the twin, in doubles and without fused operations: both give the same bits.
 *
 * Each takes a clip a block at a time; what one block leaves to the next is in the caller's `state`. A block may
 * be written where it was read.
 */
#ifndef ASRDIAG_RECURSIONS_H
#define ASRDIAG_RECURSIONS_H

#include <stddef.h>
#include <stdint.h>

/* onepole.c: `passes` runs of y[n] = b0 x[n] + b1 x[n-1] + a y[n-1] with y[0] = x[0], each mixed with its input.
 * `state` has a double for each pass; `begun` is 0 for a clip's first block. */
typedef struct {
    double b0, b1, a, wet, dry;
} onepole;

enum { MOST_PASSES = 16 };

void run_onepole(const onepole *filter, int passes, double *state, int begun, const float *from, float *to, size_t n);

/* reverb.c: `state` has as many doubles as reverb_state says, all 0 before a clip's first block; `done` is how many
 * samples came before. */
typedef struct {
    double feedback, damping, wet, dry;
} room;

size_t reverb_state(int64_t sample_rate_hz);
void reverberate(const room *in, int64_t sample_rate_hz, double *state, uint64_t done, const float *from, float *to,
                 size_t n);

/* energy.c: two second-order sections (b0 b1 b2 a1 a2 each), then the sum of squares up to each edge, which are those
 * within this block, counted from its start. The last of the five doubles of `state` is the sum so far. */
enum { ENERGY_STATE = 5 };

void sum_squares(const double *sections, double *state, const float *from, size_t n, const int64_t *edges,
                 size_t n_edges, double *sums);

#endif
