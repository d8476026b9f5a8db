import Foundation
import Testing

@testable import InterpostTesting

@Suite struct `The place of a capture` {
    /// A package with a test's file two folders down.
    private static func package() throws -> (root: String, testFile: String) {
        let root = try Scratch.folder()
        for folder in ["Tests/ClientTests/Captures", "Fixtures"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        try Data().write(to: URL(filePath: "\(root)/Package.swift"))
        return (root, "\(root)/Tests/ClientTests/IdleTests.swift")
    }

    @Test func `is in the folder of the test or above it, up to the package`() throws {
        let (root, testFile) = try Self.package()
        let places = CapturePlaces("idle.interpost", of: testFile)
        #expect(
            places.candidates
                == ["Tests/ClientTests", "Tests", ""].flatMap { folder in
                    ["", "Captures/", "Fixtures/Captures/", "Fixtures/"].map {
                        "\(root)/\(folder)\(folder.isEmpty ? "" : "/")\($0)idle.interpost"
                    }
                })
        #expect(places.existing == nil)
        for candidate in places.candidates.reversed() {
            let folder = URL(filePath: candidate).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data().write(to: URL(filePath: candidate))
            #expect(places.existing == candidate)
        }
    }

    @Test func `of a new one is the nearest folder for captures, or beside the test`() throws {
        let (root, testFile) = try Self.package()
        #expect(CapturePlaces("idle.interpost", of: testFile).place == "\(root)/Tests/ClientTests/Captures/idle.interpost")
        try FileManager.default.removeItem(atPath: "\(root)/Tests/ClientTests/Captures")
        #expect(CapturePlaces("gmail/idle.interpost", of: testFile).place == "\(root)/Fixtures/gmail/idle.interpost")
        try FileManager.default.removeItem(atPath: "\(root)/Fixtures")
        #expect(CapturePlaces("idle.interpost", of: testFile).place == "\(root)/Tests/ClientTests/idle.interpost")
    }

    @Test func `is what an absolute path says`() {
        let places = CapturePlaces("/captures/idle.interpost", of: #filePath)
        #expect(places.candidates == ["/captures/idle.interpost"])
        #expect(places.place == "/captures/idle.interpost")
    }

    @Test func `of a file in no package is beside it`() throws {
        let folder = try Scratch.folder()
        #expect(CapturePlaces("x", of: "\(folder)/deep/Test.swift").candidates.first == "\(folder)/deep/x")
        #expect(CapturePlaces("x", of: "\(folder)/deep/Test.swift").candidates.count == 4)
    }
}
