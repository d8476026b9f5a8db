// swift-tools-version: 6.2
import PackageDescription

// CI says so, and developers may: with a newer compiler's warnings the package still builds for everybody else.
let warnings: [SwiftSetting] =
    Context.environment["INTERPOST_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] =
    warnings + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
let librarySettings = settings + [.enableUpcomingFeature("InternalImportsByDefault")]

let package = Package(
    name: "interpost",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "interpost", targets: ["interpost"]),
        .library(name: "InterpostCore", targets: ["InterpostCore"]),
        .library(name: "InterpostFiles", targets: ["InterpostFiles"]),
        .library(name: "InterpostTesting", targets: ["InterpostTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .target(
            name: "InterpostCore",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: librarySettings + [.strictMemorySafety()]
        ),
        .systemLibrary(name: "CAllocator"),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CPublicSuffix", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "InterpostFiles",
            dependencies: [
                "InterpostCore", "CDeflate", "CZlib",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: librarySettings
        ),
        .target(
            name: "InterpostConfiguration",
            dependencies: [
                "InterpostCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Reading/oauth.yml")],
            swiftSettings: librarySettings
        ),
        .target(
            name: "InterpostProxy",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostOAuth", "CAllocator", "CPublicSuffix",
                "CZlib",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Demo/demo.interpost")],
            swiftSettings: librarySettings
        ),
        .target(
            name: "InterpostOAuth",
            dependencies: [
                "InterpostConfiguration", "InterpostCore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: librarySettings
        ),
        .target(
            name: "InterpostTesting",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostProxy",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: librarySettings
        ),
        .executableTarget(
            name: "interpost",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostOAuth", "InterpostProxy",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .executableTarget(
            name: "interpost-load",
            dependencies: ["COpenSSL", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "interpost-core-bench",
            dependencies: [
                "InterpostCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostConfigurationTests",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "TestSupport", .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostFilesTests",
            dependencies: [
                "CZlib", "InterpostCore", "InterpostFiles", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "oauth-crash-helper",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "InterpostOAuth",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Tests/OAuthCrashHelper",
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostOAuthTests",
            dependencies: [
                "interpost", "InterpostConfiguration", "InterpostCore", "InterpostOAuth", "TestSupport", "oauth-crash-helper",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostProxyTests",
            dependencies: [
                "CZlib", "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostProxy", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostTestingTests",
            dependencies: [
                "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostProxy", "InterpostTesting",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "interpost", "InterpostConfiguration", "InterpostCore", "InterpostFiles", "InterpostProxy", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["Clients"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InterpostCoreTests",
            dependencies: ["InterpostCore", "TestSupport", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
