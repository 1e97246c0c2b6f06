/* asrdiag.simulation._recursions: filters that feed back, over float32 clips. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "recursions.h"

/* What is given is checked by primitives/recursions.py; here only what would write where it must not. */
static int fits(const Py_buffer *from, const Py_buffer *to, size_t size)
{
    if (from->len == to->len && from->len % (Py_ssize_t)size == 0)
        return 1;
    PyErr_Format(PyExc_ValueError, "%zd bytes in, %zd out; expected as many, in items of %zu", from->len,
                 to->len, size);
    return 0;
}

static int holds(const Py_buffer *state, size_t doubles)
{
    if (state->len == (Py_ssize_t)(doubles * sizeof(double)))
        return 1;
    PyErr_Format(PyExc_ValueError, "a state of %zd bytes; expected %zu doubles", state->len, doubles);
    return 0;
}

static PyObject *one_pole(PyObject *module, PyObject *arguments)
{
    Py_buffer from, to, state;
    onepole filter;
    int begun, passes;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*w*w*pdddddi:one_pole", &from, &to, &state, &begun, &filter.b0, &filter.b1,
                          &filter.a, &filter.wet, &filter.dry, &passes))
        return NULL;
    int good = fits(&from, &to, sizeof(float));
    if (good && (passes < 1 || passes > MOST_PASSES)) {
        PyErr_Format(PyExc_ValueError, "%d passes; expected 1 to %d", passes, MOST_PASSES);
        good = 0;
    }
    good = good && holds(&state, (size_t)passes);
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        run_onepole(&filter, passes, state.buf, begun, from.buf, to.buf, (size_t)from.len / sizeof(float));
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&from);
    PyBuffer_Release(&to);
    PyBuffer_Release(&state);
    return good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *reverb(PyObject *module, PyObject *arguments)
{
    Py_buffer from, to, state;
    room in;
    Py_ssize_t sample_rate_hz, done;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*w*w*nndddd:reverb", &from, &to, &state, &done, &sample_rate_hz, &in.feedback,
                          &in.damping, &in.wet, &in.dry))
        return NULL;
    int good = fits(&from, &to, sizeof(float)) && holds(&state, reverb_state(sample_rate_hz));
    if (good && done < 0) {
        PyErr_Format(PyExc_ValueError, "%zd samples before; expected 0 or more", done);
        good = 0;
    }
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        reverberate(&in, sample_rate_hz, state.buf, (uint64_t)done, from.buf, to.buf,
                    (size_t)from.len / sizeof(float));
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&from);
    PyBuffer_Release(&to);
    PyBuffer_Release(&state);
    return good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *energy(PyObject *module, PyObject *arguments)
{
    Py_buffer from, state, sections, edges, sums;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*w*y*y*w*:energy", &from, &state, &sections, &edges, &sums))
        return NULL;
    int good = fits(&edges, &sums, sizeof(double)) && holds(&state, ENERGY_STATE);
    if (good && (sections.len != 10 * (Py_ssize_t)sizeof(double) || from.len % (Py_ssize_t)sizeof(float))) {
        PyErr_Format(PyExc_ValueError, "sections of %zd bytes; expected ten doubles, and samples of 4 bytes",
                     sections.len);
        good = 0;
    }
    if (good) {
        Py_BEGIN_ALLOW_THREADS
        sum_squares(sections.buf, state.buf, from.buf, (size_t)from.len / sizeof(float), edges.buf,
                    (size_t)edges.len / sizeof(double), sums.buf);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&from);
    PyBuffer_Release(&state);
    PyBuffer_Release(&sections);
    PyBuffer_Release(&edges);
    PyBuffer_Release(&sums);
    return good ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef functions[] = {
    {"one_pole", one_pole, METH_VARARGS,
     "one_pole(samples, out, state, begun, b0, b1, a, wet, dry, passes): see pure.py."},
    {"reverb", reverb, METH_VARARGS,
     "reverb(samples, out, state, done, rate, feedback, damping, wet, dry): see pure.py."},
    {"energy", energy, METH_VARARGS, "energy(samples, state, sections, edges, out): see pure.py."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "asrdiag.simulation._recursions", "The compiled twin of primitives.pure.", 0, functions,
    slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__recursions(void)
{
    return PyModuleDef_Init(&definition);
}
