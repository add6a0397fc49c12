plugins {
    id("com.android.library")
}

android {
    namespace = "org.lowcost.android.litert"
    compileSdk = 35

    defaultConfig {
        minSdk = 21
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
}

dependencies {
    implementation(project(":android"))
    compileOnly("com.google.ai.edge.litert:litert:1.4.2") // the app chooses it: 1.4 from Android 5, 2.1 from Android 6
}
