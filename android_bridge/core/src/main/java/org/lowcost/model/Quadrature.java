package org.lowcost.model;

/** Gauss's quadrature from 0 to 1: where a polynomial is to be taken, and with which weight, for its integral. */
final class Quadrature {
    final double[] places;
    final double[] weights;

    /** @param points number of places; polynomials of degree less than twice that are integrated exactly */
    Quadrature(int points) {
        places = new double[points];
        weights = new double[points];
        for (int i = 0; i < points; i++) {
            double x = Math.cos(Math.PI * (i + 0.75) / (points + 0.5));
            double slope = 0;
            for (int round = 0; round < 8; round++) { // Newton's method, from so near that a few rounds are enough
                double before = 0;
                double own = 1;
                for (int degree = 1; degree <= points; degree++) {
                    double next = ((2 * degree - 1) * x * own - (degree - 1) * before) / degree;
                    before = own;
                    own = next;
                }
                slope = points * (x * own - before) / (x * x - 1);
                x -= own / slope;
            }
            places[i] = (1 + x) / 2;
            weights[i] = 1 / ((1 - x * x) * slope * slope);
        }
    }
}
