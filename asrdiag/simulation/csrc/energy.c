#include "recursions.h"

void sum_squares(const double *sections, double *state, const float *from, size_t n, const int64_t *edges,
                 size_t n_edges, double *sums)
{
    const double *one = sections, *two = sections + 5;
    double z1 = state[0], z2 = state[1], w1 = state[2], w2 = state[3], total = state[4];
    size_t i = 0;
    for (size_t edge = 0; edge <= n_edges; edge++) {
        size_t stop = edge < n_edges && edges[edge] >= 0 && (size_t)edges[edge] < n ? (size_t)edges[edge] : n;
        for (; i < stop; i++) {
            double x = from[i];
            double y = one[0] * x + z1;
            z1 = one[1] * x - one[3] * y + z2;
            z2 = one[2] * x - one[4] * y;
            double v = two[0] * y + w1;
            w1 = two[1] * y - two[3] * v + w2;
            w2 = two[2] * y - two[4] * v;
            total += v * v;
        }
        if (edge < n_edges)
            sums[edge] = total;
    }
    state[0] = z1;
    state[1] = z2;
    state[2] = w1;
    state[3] = w2;
    state[4] = total;
}
