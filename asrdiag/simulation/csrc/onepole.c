#include "recursions.h"

/* The passes run side by side, sample by sample, so that the processor works on all of them at once; for that
 * their number has to be known to the compiler. */
static inline void run(const onepole *filter, const int passes, double *held, int begun, const float *from, float *to,
                       size_t n)
{
    const double b0 = filter->b0, b1 = filter->b1, a = -filter->a, wet = filter->wet, dry = filter->dry;
    double state[MOST_PASSES];
    for (int pass = 0; pass < passes; pass++)
        state[pass] = held[pass];
    if (!begun) {
        double value = from[0];
        for (int pass = 0; pass < passes; pass++) {
            state[pass] = value * b1 - value * a;
            value = wet * value + dry * value;
        }
        to[0] = (float)value;
    }
    for (size_t i = !begun; i < n; i++) {
        double value = from[i];
        for (int pass = 0; pass < passes; pass++) {
            double filtered = state[pass] + value * b0;
            state[pass] = value * b1 - filtered * a;
            value = wet * filtered + dry * value;
        }
        to[i] = (float)value;
    }
    for (int pass = 0; pass < passes; pass++)
        held[pass] = state[pass];
}

void run_onepole(const onepole *filter, int passes, double *state, int begun, const float *from, float *to, size_t n)
{
    if (n == 0)
        return;
    switch (passes) {
    case 1: run(filter, 1, state, begun, from, to, n); break;
    case 2: run(filter, 2, state, begun, from, to, n); break;
    case 3: run(filter, 3, state, begun, from, to, n); break;
    case 4: run(filter, 4, state, begun, from, to, n); break;
    case 5: run(filter, 5, state, begun, from, to, n); break;
    case 6: run(filter, 6, state, begun, from, to, n); break;
    default: run(filter, passes, state, begun, from, to, n);
    }
}
