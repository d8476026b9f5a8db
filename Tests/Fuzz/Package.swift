// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because everything in it is compiled for libFuzzer. `./run` builds and runs it.

let instrumented: SwiftSetting = .unsafeFlags([
    "-sanitize=fuzzer,address",
    // What libFuzzer follows, and `trace-pc`, which counts the work (see CWork).
    "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table,trace-pc",
    // As fast as a release, as strict as a debug build.
    "-assert-config", "Debug", "-enforce-exclusivity=checked", "-enable-testing",
])
let settings: [SwiftSetting] = [
    instrumented, .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "interpost-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // The same sources as in the package above, by symbolic links.
        .target(
            name: "InterpostCore",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["InterpostCore.docc"],
            swiftSettings: settings + [.enableUpcomingFeature("InternalImportsByDefault"), .strictMemorySafety()]
        ),
        .target(
            name: "InterpostConfiguration",
            dependencies: [
                "InterpostCore", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Reading/oauth.yml")],
            swiftSettings: settings + [.enableUpcomingFeature("InternalImportsByDefault")]
        ),
        .target(name: "CWork"),
        .executableTarget(
            name: "interpost-fuzz",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "CWork", .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Sources/Fuzz",
            swiftSettings: settings + [.define("INTERPOST_COUNT_WORK")],
            linkerSettings: [
                .unsafeFlags(
                    ["-use-ld=lld", "-sanitize=fuzzer,address"]
                        + ["__sanitizer_cov_trace_pc", "memchr", "memcpy", "memmove", "memcmp"].flatMap {
                            ["-Xlinker", "--wrap=\($0)"]
                        })
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
