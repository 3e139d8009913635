/*
 * The hills round the valley: their heights as bars, and what it takes to walk over all of them.
 *
 * None of these hills exists. A machine made up their names, their heights and the path.
 * Run it with "java hills.java": a single file needs no compiler beforehand.
 */

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

final class Hills {
    private static final int PATH_KM = 16;
    private static final int KM_AN_HOUR = 5;
    private static final int METRES_A_MINUTE = 10;

    private record Hill(String name, int height) {
        /** A mark for every whole hundred metres. */
        String bar() {
            return "#".repeat(height / 100);
        }
    }

    private static final List<Hill> HILLS = List.of(
            new Hill("Barrow Top", 386),
            new Hill("Alder Rigg", 638),
            new Hill("Ember Law", 701),
            new Hill("Dun Fell", 273),
            new Hill("Curlew Hill", 873));

    private Hills() {
    }

    /** How many metres the path goes up, from the hill in the west to that in the east. */
    private static int climb() {
        int total = 0;
        for (int i = 1; i < HILLS.size(); i++) {
            total += Math.max(0, HILLS.get(i).height() - HILLS.get(i - 1).height());
        }
        return total;
    }

    /** How long the walk takes, by Naismith's rule: so much on the flat, so much upwards. */
    private static int minutes() {
        return PATH_KM * 60 / KM_AN_HOUR + climb() / METRES_A_MINUTE;
    }

    public static void main(String[] arguments) {
        for (Hill hill : HILLS) {
            System.out.printf("%-12s%4d m  %s%n", hill.name(), hill.height(), hill.bar());
        }
        Hill highest = HILLS.stream().max(Comparator.comparingInt(Hill::height)).orElseThrow();
        double mean = HILLS.stream().mapToInt(Hill::height).average().orElseThrow();
        System.out.printf("highest: %s, %d m%n", highest.name(), highest.height());
        System.out.printf(Locale.ROOT, "mean: %.1f m%n", mean);
        System.out.printf("climb: %d m in %d h %d min%n", climb(), minutes() / 60, minutes() % 60);
    }
}
