plugins {
    id("com.android.library")
}

android {
    namespace = "org.lowcost.android"
    compileSdk = 35

    defaultConfig {
        minSdk = 21
        consumerProguardFiles("proguard.txt")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }

    sourceSets {
        getByName("main") {
            java.srcDir("../core/src/main/java")
            assets.srcDir("../../models") // assets/lowcost-1
        }
    }
}
