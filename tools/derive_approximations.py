#!/usr/bin/env python3
"""Derives the coefficients of lib/rewrite/approximation.def and proves how far
the formulas that use them are from exp, tanh and erf.

    python3 -m venv venv && venv/bin/pip install mpmath
    venv/bin/python tools/derive_approximations.py > lib/rewrite/approximation.def

Each formula is fitted in 40 digits by least squares whose weights grow where
the error is large (Lawson), so that the greatest relative error is least; then
its coefficients are rounded to f32. What remains is bounded in two parts, both
in units of u = 2^-24, half the distance between 1 and the number after it:

 * approximation: the greatest relative error of the formula with the rounded
   coefficients, in exact arithmetic, over a fine grid;
 * rounding: the running error of f32 arithmetic in the order of the formula,
   each operation adding at most u of its result. A product and the sum that
   reads it may round once instead of twice: that is less.

A relative error of B * u is at most B units in the last place.
"""

from mpmath import erf, exp, log, mp, mpf, sqrt, tanh, pi, cos

mp.dps = 40
U = mpf(2) ** -24
SECOND_ORDER = 1 + mpf(2) ** -18  # what products of errors add
GRID = 4000


def to_f32(x):
    """x rounded to 24 bits, ties to even; no denormals here."""
    if x == 0:
        return mpf(0)
    _, e = mp.frexp(abs(x))
    scale = mpf(2) ** (24 - e)
    n = mp.nint(x * scale)
    return n / scale


def hexadecimal(x):
    text = float(x).hex()
    mantissa, exponent = text.split("p")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return "%sp%s" % (mantissa, exponent)


def horner(coefficients, x):
    sum_ = mpf(0)
    for c in reversed(coefficients):
        sum_ = sum_ * x + c
    return sum_


def least_squares(columns, right):
    """Coefficients of the columns, by Gram and Schmidt, twice."""
    count = len(columns)
    q = [list(c) for c in columns]
    r = [[mpf(0)] * count for _ in range(count)]
    for i in range(count):
        for _ in range(2):
            for j in range(i):
                dot = sum(a * b for a, b in zip(q[j], q[i]))
                r[j][i] += dot
                q[i] = [a - dot * b for a, b in zip(q[i], q[j])]
        r[i][i] = sqrt(sum(a * a for a in q[i]))
        q[i] = [a / r[i][i] for a in q[i]]
    z = [sum(a * b for a, b in zip(column, right)) for column in q]
    result = [mpf(0)] * count
    for i in reversed(range(count)):
        rest = sum(r[i][j] * result[j] for j in range(i + 1, count))
        result[i] = (z[i] - rest) / r[i][i]
    return result


def chebyshev(low, high, count):
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * cos(pi * i / (count - 1)) for i in range(count)]


def fit(xs, targets, fixed, powers, denominators, iterations=90):
    """sum fixed + sum p_j x^j = t * (1 + sum q_j x^j), least greatest relative
    error. Returns all p by power, and q."""
    weights = [mpf(1)] * len(xs)
    bottom = [mpf(1)] * len(xs)
    best = None
    known = [horner(fixed, x) for x in xs]
    for _ in range(iterations):
        scale = [sqrt(w) / (t * b)
                 for w, t, b in zip(weights, targets, bottom)]
        columns = [[x ** j * s for x, s in zip(xs, scale)] for j in powers]
        columns += [[-t * x ** j * s for x, t, s in zip(xs, targets, scale)]
                    for j in denominators]
        right = [(t - k) * s for t, k, s in zip(targets, known, scale)]
        c = least_squares(columns, right)
        p = list(fixed) + [mpf(0)] * (max(powers) + 1 - len(fixed))
        for j, a in zip(powers, c):
            p[j] = a
        q = [mpf(1)] + c[len(powers):]
        new = [horner(q, x) for x in xs]
        if all(b > 0 for b in new):
            bottom = new
        errors = [abs(horner(p, x) / b / t - 1)
                  for x, b, t in zip(xs, new, targets)]
        greatest = max(errors)
        if best is None or greatest < best[0]:
            best = (greatest, p, q)
        weights = [w * e / greatest + mpf(10) ** -25
                   for w, e in zip(weights, errors)]
        top = max(weights)
        weights = [w / top for w in weights]
    return best[1], best[2]


def running(coefficients, x, x_error):
    """Value of Horner's scheme and the bound of its error, for an argument
    that is off by x_error."""
    value, error = coefficients[-1], mpf(0)
    for c in reversed(coefficients[:-1]):
        product = value * x
        error = abs(x) * error + abs(value) * x_error + U * abs(product)
        value = product + c
        error += U * abs(value)
    return value, error


# ---- 2^n * exp(r) -----------------------------------------------------------

LN2 = log(mpf(2))
EXP_HIGH = mpf("0.693359375")  # 9 bits: times n of 8 bits is exact


def derive_exp():
    """2 * exp(r) of degree 6, |r| <= ln(2) / 2 and what rounding adds to it;
    2 + 2 r exactly, so that exp(0) is 1."""
    edge = LN2 / 2 + mpf(2) ** -16
    xs = chebyshev(-edge, edge, 121)
    fixed = [mpf(2), mpf(2)]
    p, _ = fit(xs, [2 * exp(x) for x in xs], fixed, range(2, 7), [])
    for degree in range(2, 7):  # round one, fit the others again
        fixed = [to_f32(c) for c in p[:degree + 1]]
        if degree < 6:
            p, _ = fit(xs, [2 * exp(x) for x in xs], fixed,
                       range(degree + 1, 7), [], 40)
    p = fixed
    low = to_f32(LN2 - EXP_HIGH)
    # r = (x - n high) - n low: the first difference is exact; |n| <= 128.
    steps = 128
    r_error = (steps * abs(EXP_HIGH + low - LN2) + U * steps * abs(low)
               + U * edge)
    grid = [edge * i / GRID for i in range(-GRID, GRID + 1)]
    approximation = max(abs(horner(p, r) / (2 * exp(r)) - 1) for r in grid)
    rounding = max(running(p, r, mpf(0))[1] / (2 * exp(r)) for r in grid)
    return p, low, approximation / U, (rounding + r_error) * SECOND_ORDER / U


# ---- x * P(x^2) / Q(x^2) ----------------------------------------------------


def derive_odd(function, degree, edge):
    """An odd function up to `edge`, from where on it is that of the edge."""
    xs = chebyshev(mpf("1e-3"), edge, 161)
    slope = to_f32(function(mpf(10) ** -15) / mpf(10) ** -15)
    us = [x * x / (edge * edge) for x in xs]
    p, q = fit(us, [function(x) / x for x in xs], [slope],
               range(1, degree + 1), range(1, degree + 1))
    p = [to_f32(c / edge ** (2 * j)) for j, c in enumerate(p)]
    q = [to_f32(c / edge ** (2 * j)) for j, c in enumerate(q)]
    assert all(c > 0 for c in p + q)
    approximation = rounding = mpf(0)
    for i in range(1, GRID + 1):
        x = edge * i / GRID
        u = x * x
        top, top_error = running(p, u, U * u)
        bottom, bottom_error = running(q, u, U * u)
        exact = x * top / bottom
        approximation = max(approximation, abs(exact / function(x) - 1))
        # Top and bottom, their product with x, and the division. TOSA
        # multiplies by a reciprocal: as many roundings.
        rounding = max(rounding, top_error / top + bottom_error / bottom
                       + 2 * U)
    # Beyond the edge the function goes on to 1.
    approximation = max(approximation, 1 / function(edge) - 1 + approximation)
    return p, q, approximation / U, rounding * SECOND_ORDER / U


def up(x):
    """Two digits behind the point, rounded up."""
    return mp.ceil(x * 100) / 100


def print_list(name, values):
    print("#define %s \\" % name)
    print("  {%s}" % (", \\\n   ".join(hexadecimal(v) for v in values)))


def print_bound(name, meaning, approximation, rounding):
    total = up(approximation + rounding)
    print("/* %s: relative error at most %s u of the formula, %s u of its" %
          (meaning, mp.nstr(up(approximation), 5), mp.nstr(up(rounding), 5)))
    print(" * rounding; u = 2^-24. */")
    print("#define %s %s" % (name, mp.nstr(total, 6)))


def main():
    print("/* Made by tools/derive_approximations.py, which says what it all "
          "means. */")
    p, low, approximation, rounding = derive_exp()
    print_bound("TESS_EXP_BOUND_U", "exp", approximation, rounding)
    print("#define TESS_EXP_LN2_HIGH %s" % hexadecimal(EXP_HIGH))
    print("#define TESS_EXP_LN2_LOW %s" % hexadecimal(low))
    print_list("TESS_EXP_TWICE", p)
    for name, function, degree, edge in (("TANH", tanh, 4, mpf("9.015625")),
                                         ("ERF", erf, 5, mpf("3.9375"))):
        p, q, approximation, rounding = derive_odd(function, degree, edge)
        print_bound("TESS_%s_BOUND_U" % name, name.lower(), approximation,
                    rounding)
        print("#define TESS_%s_EDGE %s" % (name, hexadecimal(edge)))
        print_list("TESS_%s_TOP" % name, p)
        print_list("TESS_%s_BOTTOM" % name, q)


main()
