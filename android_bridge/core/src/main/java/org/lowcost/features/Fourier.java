package org.lowcost.features;

/** Fourier coefficients of {@link Geometry#OUTLINE_POINTS} complex points. */
final class Fourier {
    private static final int SIZE = Geometry.OUTLINE_POINTS;
    private static final double[] COSINE = new double[SIZE];
    private static final double[] SINE = new double[SIZE];

    static {
        for (int i = 0; i < SIZE; i++) {
            COSINE[i] = Math.cos(2 * Math.PI * i / SIZE);
            SINE[i] = Math.sin(2 * Math.PI * i / SIZE);
        }
    }

    final double[] real;
    final double[] imaginary;

    Fourier(double[] real, double[] imaginary) {
        this.real = real;
        this.imaginary = imaginary;
    }

    /** The coefficients of some points, over their number. */
    static Fourier forward(double[] x, double[] y) {
        Fourier found = transformed(x, y, -1);
        for (int k = 0; k < SIZE; k++) {
            found.real[k] /= SIZE;
            found.imaginary[k] /= SIZE;
        }
        return found;
    }

    /** The points that have these coefficients. */
    Fourier backward() {
        return transformed(real, imaginary, 1);
    }

    /** The magnitude of a coefficient, counted backwards from the end where its number is negative. */
    double amplitude(int k) {
        return Math.hypot(real[k & SIZE - 1], imaginary[k & SIZE - 1]);
    }

    /** The coefficients of the same outline traced the other way round. */
    Fourier reversed() {
        Fourier found = new Fourier(new double[SIZE], new double[SIZE]);
        for (int k = 0; k < SIZE; k++) {
            found.real[k] = real[-k & SIZE - 1];
            found.imaginary[k] = imaginary[-k & SIZE - 1];
        }
        return found;
    }

    /** Decimation in frequency (Gentleman and Sande 1966, doi:10.1145/1464291.1464352): equal points leave zeros. */
    private static Fourier transformed(double[] x, double[] y, int sign) {
        double[] real = x.clone();
        double[] imaginary = y.clone();
        for (int half = SIZE / 2; half > 0; half /= 2) {
            int stride = SIZE / 2 / half;
            for (int start = 0; start < SIZE; start += 2 * half) {
                for (int i = 0; i < half; i++) {
                    int a = start + i;
                    int b = a + half;
                    double apartReal = real[a] - real[b];
                    double apartImaginary = imaginary[a] - imaginary[b];
                    real[a] += real[b];
                    imaginary[a] += imaginary[b];
                    double c = COSINE[i * stride];
                    double s = sign * SINE[i * stride];
                    real[b] = apartReal * c - apartImaginary * s;
                    imaginary[b] = apartReal * s + apartImaginary * c;
                }
            }
        }
        Fourier ordered = new Fourier(new double[SIZE], new double[SIZE]);
        int bits = 32 - Integer.numberOfTrailingZeros(SIZE);
        for (int i = 0; i < SIZE; i++) {
            int k = Integer.reverse(i) >>> bits;
            ordered.real[k] = real[i];
            ordered.imaginary[k] = imaginary[i];
        }
        return ordered;
    }
}
