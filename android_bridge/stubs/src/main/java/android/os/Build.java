package android.os;

public class Build {
    public static final String MANUFACTURER = "";
    public static final String MODEL = "";
    public static final String[] SUPPORTED_ABIS = {};

    public static class VERSION {
        public static final String RELEASE = "";
        public static final int SDK_INT = Integer.getInteger("android.sdk", 35);
    }

    public static class VERSION_CODES {
        public static final int O = 26;
    }
}
