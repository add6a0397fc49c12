package androidx.activity.result.contract;

import android.net.Uri;
import java.util.List;

public final class ActivityResultContracts {
    public static final class RequestPermission extends ActivityResultContract<String, Boolean> {}

    public static class GetMultipleContents extends ActivityResultContract<String, List<Uri>> {}
}
