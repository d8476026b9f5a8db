// swift-tools-version: 6.2
import PackageDescription

// A mail client of a few lines, whose tests need no server: what a package looks like that uses InterpostTesting.
let package = Package(
    name: "TinyMail",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "interpost", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(name: "TinyMail"),
        .testTarget(
            name: "TinyMailTests",
            dependencies: [
                "TinyMail",
                .product(name: "InterpostCore", package: "interpost"),
                .product(name: "InterpostFiles", package: "interpost"),
                .product(name: "InterpostTesting", package: "interpost"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            exclude: ["Captures"]
        ),
    ]
)
