/* Both passes of `network.Machine` over whole sequences, in C: the same equations under the same names.

   The reference is the NumPy code: addressing.py, memory.py, interface.py, controllers.py. Computed here is what lies
   between the inputs' and the outputs' matrix products: an LSTM controller and heads with all steps of addressing.

   Arrays are as in `MachineTape`, time first. Where locations are the last dimension, a row has `stride` numbers, a
   multiple of LANES: N locations, then zeros, so that no loop over locations needs a rest. */

#include <tgmath.h> /* exp of a float is expf */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef REAL real; /* -DREAL=float or double */
typedef int64_t whole;
typedef const real *restrict in; /* the compiler believes `restrict` of arguments only, hence many small functions */
typedef real *restrict out;
#define FOR(i, count) for (whole i = 0; i < (count); i++)

#ifdef __AVX512F__
enum { BYTES = 64, ROWS = 8 }; /* a block of the matrix product must fit the registers: wider ones are slower */
#else
enum { BYTES = 32, ROWS = 4 };
#endif
enum { LANES = 16, PER_VECTOR = BYTES / (int)sizeof(real), VECTORS = 3, WIDTH = VECTORS * PER_VECTOR };
typedef real vector __attribute__((vector_size(BYTES), aligned(sizeof(real)), may_alias));

static const real NORM_EPSILON = (real)1e-6, LOG_EPSILON = (real)1e-16;
static const real MOST = sizeof(real) == 4 ? 60 : 600; /* e to −MOST is nothing beside 1, but no denormal number */

/* What both passes are told; `kernel.py` has the same fields in the same order. */
typedef struct {
    whole steps, batch, locations, stride, dim, readers, writers, reach, units, outputs; /* T B N – M R W S C P */
    double limit; /* PRE_ACTIVATION_LIMIT */
    const real *recurrent, *heads_weight, *heads_bias;
    real *gates, *cells, *joined, *raw, *memory; /* the tape, as in MachineTape */
    const real *start_weights; /* (B, H, stride) */
    real *similarity, *key_norm, *row_norm, *content, *gated, *shifted, *weights; /* a Focus, (T, B, H, stride) */
    real *d_joined, *d_gates, *d_raw, *d_memory, *d_weights; /* Flows; the last two (B, M or H, stride), of one step */
} Pass;

/* exp, of which a compiler makes vectors without a library; for float64, which is for tests, libm's will do. */
static inline real exponential(real x) {
    x = x > MOST ? MOST : x < -MOST ? -MOST : x;
    if (sizeof(real) != 4) return exp(x);
    float doublings = rintf((float)x * 1.44269504f), r = (float)x - doublings * 0.693147181f, power;
    int32_t bits = ((int32_t)doublings + 127) << 23;
    memcpy(&power, &bits, sizeof power);
    return power * (1 + r * (1 + r * (1 / 2.0f + r * (1 / 6.0f + r * (1 / 24.0f + r * (1 / 120.0f + r / 720.0f))))));
}

/* ---- loops over the locations of one row ---- */

static void add_scaled(out y, real a, in x, whole n) { FOR(i, n) y[i] += a * x[i]; }
static real dot(in x, in y, whole n) {
    real sum = 0;
    FOR(i, n) sum += x[i] * y[i];
    return sum;
}

/* Softmax of scale · x over the locations (`content_focus`). */
static void softmax(out w, in x, real scale, whole n, whole stride) {
    real most = scale * x[0], sum = 0;
    for (whole i = 1; i < n; i++) most = scale * x[i] > most ? scale * x[i] : most;
    FOR(i, stride) w[i] = exponential(scale * x[i] - most);
    memset(w + n, 0, (size_t)(stride - n) * sizeof(real));
    FOR(i, stride) sum += w[i];
    FOR(i, stride) w[i] /= sum;
}

/* inner = (grad − Σ w·grad) · w · scale, the gradient by x; returns that by the scale (`content_focus_backward`). */
static real softmax_backward(out inner, in x, real scale, in w, in grad, whole stride) {
    real mean = dot(w, grad, stride), by_scale = 0;
    FOR(i, stride) {
        real flow = (grad[i] - mean) * w[i];
        by_scale += flow * x[i], inner[i] = flow * scale;
    }
    return by_scale;
}

static void logs(out found, in w, whole stride) { FOR(i, stride) found[i] = log(w[i] + LOG_EPSILON); }
static void times_add(out y, in a, in x, real sign, whole n) { FOR(i, n) y[i] += sign * a[i] * x[i]; }

/* The ring: `reach` neighbours on both sides, zeros after them. */
static void pad(out padded, in w, whole n, whole stride, whole reach) {
    memcpy(padded + reach, w, (size_t)n * sizeof(real));
    memset(padded + reach + n, 0, (size_t)(stride - n + reach) * sizeof(real));
    FOR(i, reach) {
        padded[i] = w[((i - reach) % n + n) % n];
        padded[reach + n + i] = w[i % n];
    }
}

/* found[i] = Σ_j taps[j · step] · padded[i + j]: a shift, or with the taps the other way round its gradient. */
static void convolve(out found, in padded, const real *taps, whole step, whole width, whole n, whole stride) {
    memset(found, 0, (size_t)stride * sizeof(real));
    FOR(j, width) add_scaled(found, taps[j * step], padded + j, stride);
    memset(found + n, 0, (size_t)(stride - n) * sizeof(real));
}

/* ---- matrix products: the weights in panels of WIDTH columns, ROWS sequences at a time ---- */

static real *pack(const real *w, whole k, whole n, int transposed) {
    whole panels = (n + WIDTH - 1) / WIDTH;
    real *packed = calloc((size_t)(panels * k * WIDTH), sizeof(real));
    if (packed)
        FOR(i, k)
            FOR(j, n)
                packed[(j / WIDTH * k + i) * WIDTH + j % WIDTH] = transposed ? w[j * k + i] : w[i * n + j];
    return packed;
}

static inline __attribute__((always_inline)) void block(real *to, whole to_step, const real *x, whole x_step,
                                                        const real *panel, whole k, whole columns, const int rows) {
    vector sum[ROWS][VECTORS];
    memset(sum, 0, sizeof sum);
    FOR(i, k) {
        const vector *w = (const vector *)(panel + i * WIDTH);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 3
            for (int c = 0; c < VECTORS; c++) sum[r][c] += x[r * x_step + i] * w[c];
    }
    for (int r = 0; r < rows; r++)
        if (columns == WIDTH)
            for (int c = 0; c < VECTORS; c++) ((vector *)(to + r * to_step))[c] += sum[r][c];
        else
            FOR(j, columns) to[r * to_step + j] += ((const real *)sum[r])[j];
}

/* to (rows, n) += x (rows, k) · w */
static void product(real *to, whole to_step, const real *x, whole x_step, const real *packed, whole rows, whole k,
                    whole n) {
    for (whole j = 0; j < n; j += WIDTH, packed += k * WIDTH) {
        whole columns = n - j < WIDTH ? n - j : WIDTH, r = 0;
#define BLOCKS(count) \
    for (; r + (count) <= rows; r += (count)) \
        block(to + r * to_step + j, to_step, x + r * x_step, x_step, packed, k, columns, count)
        BLOCKS(ROWS); BLOCKS(4); BLOCKS(2); BLOCKS(1);
    }
}

/* ---- controller and interface ---- */

static void to_logistic(real *x, whole n) { FOR(i, n) x[i] = 1 / (1 + exponential(-x[i])); }
static void to_tanh(real *x, whole n) { FOR(i, n) x[i] = 1 - 2 / (exponential(2 * x[i]) + 1); }
static void lstm(whole units, out gates, in cell, out cell_out, out hidden) {
    real *g = gates, *i = g + units, *f = i + units, *o = f + units;
    to_tanh(g, units);
    to_logistic(i, 3 * units);
    FOR(u, units) cell_out[u] = g[u] * i[u] + f[u] * cell[u];
    memcpy(hidden, cell_out, (size_t)units * sizeof(real));
    to_tanh(hidden, units);
    FOR(u, units) hidden[u] *= o[u];
}

/* d_cell is that of c_t and becomes that of c_{t−1}. */
static void lstm_backward(whole units, in gates, in cell, in cell_out, in d_hidden, out d_cell, out d_gates,
                          out squashed) {
    const real *g = gates, *i = g + units, *f = i + units, *o = f + units;
    memcpy(squashed, cell_out, (size_t)units * sizeof(real));
    to_tanh(squashed, units);
    FOR(u, units) {
        real flow = d_cell[u] + d_hidden[u] * o[u] * (1 - squashed[u] * squashed[u]);
        d_gates[u] = flow * i[u] * (1 - g[u] * g[u]);
        d_gates[units + u] = flow * g[u] * i[u] * (1 - i[u]);
        d_gates[2 * units + u] = flow * cell[u] * f[u] * (1 - f[u]);
        d_gates[3 * units + u] = d_hidden[u] * squashed[u] * o[u] * (1 - o[u]);
        d_cell[u] = flow * f[u];
    }
}

/* The blocks of one sequence's head parameters: k | a | e | g | β | γ | s. */
typedef struct { real *key, *add, *erase, *gate, *beta, *gamma, *kernel; } Heads;

static Heads split(const Pass *p, real *raw) {
    whole heads = p->readers + p->writers, written = p->writers * p->dim;
    Heads h = {.key = raw, .add = raw + heads * p->dim};
    h.erase = h.add + written, h.gate = h.erase + written;
    h.beta = h.gate + heads, h.gamma = h.beta + heads, h.kernel = h.gamma + heads;
    return h;
}

static void squash(const Pass *p, real *raw) {
    whole heads = p->readers + p->writers, width = 2 * p->reach + 1;
    Heads h = split(p, raw);
    to_tanh(raw, h.erase - raw);
    to_logistic(h.erase, h.beta - h.erase);
    FOR(i, 2 * heads) {
        real x = h.beta[i] < (real)p->limit ? h.beta[i] : (real)p->limit;
        h.beta[i] = (x > 0 ? x : 0) + log(1 + exponential(x > 0 ? -x : x));
    }
    FOR(i, heads) {
        real *s = h.kernel + i * width, most = s[0], sum = 0;
        h.gamma[i] += 1;
        for (whole j = 1; j < width; j++) most = s[j] > most ? s[j] : most;
        FOR(j, width) sum += s[j] = exponential(s[j] - most);
        FOR(j, width) s[j] /= sum;
    }
}

/* Gradients of the parameters become those of the raw outputs; a clipped β or γ passes none. */
static void squash_backward(const Pass *p, real *raw, real *d_raw) {
    whole heads = p->readers + p->writers, width = 2 * p->reach + 1;
    Heads h = split(p, raw), d = split(p, d_raw);
    FOR(i, h.erase - raw) d_raw[i] *= 1 - raw[i] * raw[i];
    FOR(i, h.beta - h.erase) d.erase[i] *= h.erase[i] * (1 - h.erase[i]);
    FOR(i, 2 * heads) {
        real positive = h.beta[i] - (i >= heads);
        d.beta[i] *= positive < (real)p->limit ? 1 - exponential(-positive) : 0;
    }
    FOR(i, heads) {
        real *s = h.kernel + i * width, *ds = d.kernel + i * width, mixed = dot(s, ds, width);
        FOR(j, width) ds[j] = (ds[j] - mixed) * s[j];
    }
}

/* ---- one sequence's memory at one step ---- */

typedef struct { /* where the arrays of one sequence at one step begin */
    const real *memory, *previous;
    real *similarity, *key_norm, *row_norm, *content, *gated, *shifted, *weights;
} Place;

static Place place(const Pass *p, whole t, whole b) {
    whole heads = p->readers + p->writers, at = t * p->batch + b, row = at * heads * p->stride;
    whole before = t ? row - p->batch * heads * p->stride : b * heads * p->stride;
    return (Place){p->memory + at * p->dim * p->stride, (t ? p->weights : p->start_weights) + before,
                   p->similarity + row, p->key_norm + at * heads, p->row_norm + at * p->stride, p->content + row,
                   p->gated + row, p->shifted + row, p->weights + row};
}

static void address(const Pass *p, const Heads *h, const Place *at, real *scratch) {
    whole n = p->locations, stride = p->stride, dim = p->dim, width = 2 * p->reach + 1;
    real *norm = at->row_norm;
    memset(norm, 0, (size_t)stride * sizeof(real));
    FOR(m, dim) times_add(norm, at->memory + m * stride, at->memory + m * stride, 1, stride);
    FOR(i, stride) norm[i] = sqrt(norm[i] + NORM_EPSILON);
    for (whole head = 0; head < p->readers + p->writers; head++) {
        const real *k = h->key + head * dim, *s = h->kernel + head * width;
        whole row = head * stride;
        at->key_norm[head] = sqrt(dot(k, k, dim) + NORM_EPSILON);
        real *similarity = at->similarity + row;
        memset(similarity, 0, (size_t)stride * sizeof(real));
        FOR(m, dim) add_scaled(similarity, k[m], at->memory + m * stride, stride);
        FOR(i, stride) similarity[i] /= norm[i] * at->key_norm[head];
        softmax(at->content + row, similarity, h->beta[head], n, stride);
        for (whole i = row; i < row + stride; i++)
            at->gated[i] = at->previous[i] + h->gate[head] * (at->content[i] - at->previous[i]);
        pad(scratch, at->gated + row, n, stride, p->reach);
        convolve(at->shifted + row, scratch, s + width - 1, -1, width, n, stride);
        logs(scratch, at->shifted + row, stride);
        softmax(at->weights + row, scratch, h->gamma[head], n, stride);
    }
}

static void erase_row(out row, in w, real e, whole stride) { FOR(i, stride) row[i] -= row[i] * e * w[i]; }
static void write_memory(const Pass *p, const Heads *h, const Place *at, real *written) {
    whole stride = p->stride, dim = p->dim;
    const real *w = at->weights + p->readers * stride;
    memcpy(written, at->memory, (size_t)(dim * stride) * sizeof(real));
    FOR(m, dim) {
        real *row = written + m * stride;
        FOR(j, p->writers) erase_row(row, w + j * stride, h->erase[j * dim + m], stride);
        FOR(j, p->writers) add_scaled(row, h->add[j * dim + m], w + j * stride, stride);
    }
}

/* One row of memory under one write head: `grad` is that of what it left and becomes that of what it found; returns
   Σ w · grad · found. */
static real erase_row_backward(out grad, in found, in w, real e, out d_w, whole stride) {
    real d_e = 0;
    FOR(i, stride) {
        real lost = grad[i] * found[i];
        d_e += w[i] * lost, d_w[i] -= e * lost;
        grad[i] -= grad[i] * e * w[i];
    }
    return d_e;
}

/* y += a · x; returns x · z. */
static real add_and_dot(out y, real a, in x, in z, whole n) {
    real sum = 0;
    FOR(i, n) y[i] += a * x[i], sum += x[i] * z[i];
    return sum;
}

/* Writing and reading, backward: d_memory is that of M_t and becomes that of M_{t−1} but for the addressing's share. */
static void memory_backward(const Pass *p, const Heads *h, const Heads *d, const Place *at, const real *d_read,
                            real *d_memory, real *d_w, real *before) {
    whole stride = p->stride, dim = p->dim, readers = p->readers, writers = p->writers;
    const real *w = at->weights + readers * stride;
    FOR(m, dim) {
        real *grad = d_memory + m * stride;
        const real *row = at->memory + m * stride, *found = row;
        FOR(j, writers) {
            real *d_writing = d_w + (readers + j) * stride;
            d->add[j * dim + m] = add_and_dot(d_writing, h->add[j * dim + m], grad, w + j * stride, stride);
            if (j) {
                memcpy(before + j * stride, found, (size_t)stride * sizeof(real));
                found = before + j * stride;
                erase_row(before + j * stride, w + (j - 1) * stride, h->erase[(j - 1) * dim + m], stride);
            }
        }
        for (whole j = writers - 1; j >= 0; j--) {
            found = j ? before + j * stride : row;
            real *d_writing = d_w + (readers + j) * stride;
            real e = h->erase[j * dim + m];
            d->erase[j * dim + m] = -erase_row_backward(grad, found, w + j * stride, e, d_writing, stride);
        }
        FOR(r, readers) add_scaled(grad, d_read[r * dim + m], at->weights + r * stride, stride);
        FOR(r, readers) add_scaled(d_w + r * stride, d_read[r * dim + m], row, stride);
    }
}

static real interpolate_backward(out grad, out d_previous, in content, in previous, real gate, whole stride) {
    real d_gate = 0;
    FOR(i, stride) {
        d_gate += (content[i] - previous[i]) * grad[i];
        d_previous[i] = grad[i] - gate * grad[i], grad[i] *= gate;
    }
    return d_gate;
}

/* d_sim becomes that of unit key · row; `shared` gathers what flows into the rows' norms. Returns Σ d_sim · sim. */
static real cosine_scale(out d_sim, out shared, in similarity, in norm, whole stride) {
    real through_key = 0;
    FOR(i, stride) {
        through_key += d_sim[i] * similarity[i], d_sim[i] /= norm[i];
        shared[i] += d_sim[i] * similarity[i];
    }
    return through_key;
}

/* d_w is that of w_t and becomes that of w_{t−1}. */
static void address_backward(const Pass *p, const Heads *h, const Heads *d, const Place *at, real *d_w, real *d_memory,
                             real *scratch) {
    whole n = p->locations, stride = p->stride, dim = p->dim, reach = p->reach, width = 2 * reach + 1;
    real *shared = scratch, *grad = shared + stride, *padded = grad + stride, *other = padded + stride + 2 * reach;
    memset(shared, 0, (size_t)stride * sizeof(real));
    for (whole head = 0; head < p->readers + p->writers; head++) {
        whole row = head * stride;
        const real *k = h->key + head * dim, *s = h->kernel + head * width;
        real *flow = d_w + row, key_norm = at->key_norm[head];
        logs(padded, at->shifted + row, stride);
        d->gamma[head] = softmax_backward(grad, padded, h->gamma[head], at->weights + row, flow, stride);
        FOR(i, stride) grad[i] /= at->shifted[row + i] + LOG_EPSILON;
        pad(padded, at->gated + row, n, stride, reach);
        FOR(j, width) d->kernel[head * width + width - 1 - j] = dot(padded + j, grad, stride);
        pad(padded, grad, n, stride, reach);
        convolve(grad, padded, s, 1, width, n, stride);
        d->gate[head] = interpolate_backward(grad, flow, at->content + row, at->previous + row, h->gate[head], stride);
        d->beta[head] = softmax_backward(other, at->similarity + row, h->beta[head], at->content + row, grad, stride);
        real through_key = cosine_scale(other, shared, at->similarity + row, at->row_norm, stride);
        FOR(m, dim) {
            real by_row = add_and_dot(d_memory + m * stride, k[m] / key_norm, other, at->memory + m * stride, stride);
            d->key[head * dim + m] = (by_row - k[m] / key_norm * through_key) / key_norm;
        }
    }
    FOR(i, stride) shared[i] /= at->row_norm[i];
    FOR(m, dim) times_add(d_memory + m * stride, at->memory + m * stride, shared, -1, stride);
}

/* ---- the passes: 0, or 1 where there is no memory left ---- */

static real *scratch_for(const Pass *p) {
    whole rows = 6 + p->writers;
    return malloc((size_t)(rows * p->stride + 4 * p->reach + p->units + LANES) * sizeof(real));
}

int ntm_forward(const Pass *p) {
    whole batch = p->batch, stride = p->stride, reads = p->readers * p->dim, hidden = p->units, joined = reads + hidden;
    real *recurrent = pack(p->recurrent, joined, 4 * hidden, 0);
    real *heads = pack(p->heads_weight, hidden, p->outputs, 0), *scratch = scratch_for(p);
    int lacking = !recurrent || !heads || !scratch;
    for (whole t = 0; t < p->steps && !lacking; t++) {
        real *gates = p->gates + t * batch * 4 * hidden, *raw = p->raw + t * batch * p->outputs;
        real *cell = p->cells + t * batch * hidden, *next = p->joined + (t + 1) * batch * joined;
        product(gates, 4 * hidden, p->joined + t * batch * joined, joined, recurrent, batch, joined, 4 * hidden);
        FOR(b, batch) {
            real *from = cell + b * hidden;
            lstm(hidden, gates + b * 4 * hidden, from, from + batch * hidden, next + b * joined + reads);
            memcpy(raw + b * p->outputs, p->heads_bias, (size_t)p->outputs * sizeof(real));
        }
        product(raw, p->outputs, next + reads, joined, heads, batch, hidden, p->outputs);
        FOR(b, batch) {
            squash(p, raw + b * p->outputs);
            Heads h = split(p, raw + b * p->outputs);
            Place at = place(p, t, b);
            address(p, &h, &at, scratch);
            FOR(i, reads)
                next[b * joined + i] = dot(at.weights + i / p->dim * stride, at.memory + i % p->dim * stride, stride);
            write_memory(p, &h, &at, p->memory + ((t + 1) * batch + b) * p->dim * stride);
        }
    }
    free(recurrent), free(heads), free(scratch);
    return lacking;
}

int ntm_backward(const Pass *p) {
    whole batch = p->batch, reads = p->readers * p->dim, hidden = p->units, joined = reads + hidden;
    whole heads_row = (p->readers + p->writers) * p->stride, cell_numbers = batch * hidden;
    real *recurrent = pack(p->recurrent, 4 * hidden, joined, 1), *heads = pack(p->heads_weight, p->outputs, hidden, 1);
    real *scratch = scratch_for(p), *d_cell = calloc((size_t)cell_numbers, sizeof(real));
    int lacking = !recurrent || !heads || !scratch || !d_cell;
    for (whole t = p->steps - 1; t >= 0 && !lacking; t--) {
        real *gates = p->gates + t * batch * 4 * hidden, *d_gates = p->d_gates + t * batch * 4 * hidden;
        real *raw = p->raw + t * batch * p->outputs, *d_raw = p->d_raw + t * batch * p->outputs;
        real *d_joined = p->d_joined + t * batch * joined;
        if (t + 1 < p->steps)
            product(d_joined, joined, d_gates + batch * 4 * hidden, 4 * hidden, recurrent, batch, 4 * hidden, joined);
        FOR(b, batch) {
            Heads h = split(p, raw + b * p->outputs), d = split(p, d_raw + b * p->outputs);
            Place at = place(p, t, b);
            real *d_memory = p->d_memory + b * p->dim * p->stride, *d_weights = p->d_weights + b * heads_row;
            memory_backward(p, &h, &d, &at, d_joined + b * joined, d_memory, d_weights, scratch);
            address_backward(p, &h, &d, &at, d_weights, d_memory, scratch);
            squash_backward(p, raw + b * p->outputs, d_raw + b * p->outputs);
        }
        product(d_joined + reads, joined, d_raw, p->outputs, heads, batch, p->outputs, hidden);
        FOR(b, batch) {
            const real *cell = p->cells + (t * batch + b) * hidden;
            lstm_backward(hidden, gates + b * 4 * hidden, cell, cell + cell_numbers, d_joined + b * joined + reads,
                          d_cell + b * hidden, d_gates + b * 4 * hidden, scratch);
        }
    }
    free(recurrent), free(heads), free(scratch), free(d_cell);
    return lacking;
}
