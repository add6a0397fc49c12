package org.lowcost.segmentation;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Pieces that find together: which whole each is part of, and the wholes, null where they went to another. */
final class Homes {
    final int[] home;
    final Piece[] whole;

    Homes(List<Piece> pieces) {
        whole = pieces.toArray(new Piece[0]);
        home = new int[whole.length];
        for (int i = 0; i < home.length; i++) {
            home[i] = i;
        }
    }

    void join(int one, int other, Piece joined) {
        whole[one] = joined;
        whole[other] = null;
        for (int i = 0; i < home.length; i++) {
            home[i] = home[i] == other ? one : home[i];
        }
    }

    /** The homes of some pieces, ascending, each once. */
    int[] of(int[] pieces) {
        TreeSet<Integer> homes = new TreeSet<>();
        for (int piece : pieces) {
            homes.add(home[piece]);
        }
        int[] ordered = new int[homes.size()];
        int i = 0;
        for (int one : homes) {
            ordered[i++] = one;
        }
        return ordered;
    }

    /** The wholes but some, and what these are joined. */
    List<Piece> leftWith(Piece joined, int[] without) {
        List<Piece> left = left();
        for (int one : without) {
            left.remove(whole[one]);
        }
        left.add(joined);
        return left;
    }

    List<Piece> left() {
        List<Piece> left = new ArrayList<>();
        for (Piece piece : whole) {
            if (piece != null) {
                left.add(piece);
            }
        }
        return left;
    }
}
