import ControlStore
import Foundation
import Testing

@testable import godwit

/// Whatever can happen to an operator has its section.
@Suite struct RunbookTests {
    private static let anchors: Set<String> = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/runbook.md")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return Set(text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { Self.anchor(of: $0) })
    }()

    /// As GitHub and its like make them.
    private static func anchor(of heading: Substring) -> String {
        heading.drop { $0 == "#" || $0 == " " }.lowercased()
            .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
            .replacing(" ", with: "-")
    }

    @Test(arguments: godwit.ExitStatus.allCases)
    func everyExitStatusHasItsSection(status: godwit.ExitStatus) {
        #expect(Self.anchors.contains(status.runbookAnchor), "\(status)")
    }

    @Test(arguments: PauseCause.allCases)
    func everyPauseHasItsSection(cause: PauseCause) {
        #expect(Self.anchors.contains(cause.runbookAnchor), "\(cause)")
    }

    @Test(arguments: Alert.allCases)
    func everyAlertHasItsSection(alert: Alert) {
        #expect(Self.anchors.contains(alert.runbookAnchor), "\(alert)")
    }

    @Test(arguments: EventKind.allCases)
    func everyWarningHasItsSection(kind: EventKind) {
        #expect(Self.anchors.contains(kind.runbookAnchor), "\(kind)")
    }

    @Test func noSectionIsThereWithoutItsCase() {
        let known =
            godwit.ExitStatus.allCases.map(\.runbookAnchor) + PauseCause.allCases.map(\.runbookAnchor)
            + Alert.allCases.map(\.runbookAnchor) + EventKind.allCases.map(\.runbookAnchor)
        let sections = Self.anchors.filter { anchor in
            ["exit-status-", "paused-", "alert-", "event-"].contains { anchor.hasPrefix($0) }
        }
        #expect(sections.subtracting(known).isEmpty)
        #expect(Set(known).count == known.count)
    }

    /// The kinds are only worth something where every warning has one.
    @Test func everyWarningInTheCodeNamesItsKind() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /(NewEvent|\.note)\(\s*\.(warning|error),/) {
                count += 1
                let rest = text[match.range.upperBound...].prefix(40)
                #expect(rest.contains(/^\s*\.\w+,/), "\(file.lastPathComponent): \(match.output.0)\(rest)")
            }
        }
        #expect(count > 4)
    }
}
