import ControlStore
import Foundation
import Scheduling
import Testing

@testable import godwit

@Suite struct RejectExportTests {
    private static func reject() throws -> RejectRecord {
        let json = #"""
            {"id": 7, "entity": "orders", "shard": 3, "key": -5, "reason": "unmapped_value", "column": "status",
             "detail": "\"a,b\"\nline", "sourceRow": "{\"n\":1.00000000000000000001,\n\"t\":\"x\\u0000\"}", "tries": 0,
             "createdAt": -978307200}
            """#
        return try JSONDecoder().decode(RejectRecord.self, from: Data(json.utf8))
    }

    @Test func aRecordOfCSVQuotesWhatMustBe() throws {
        let export = RejectExport(format: .csv, withSourceRow: false)
        #expect(
            try export.line(Self.reject()) == """
                7,orders,-5,unmapped_value,status,"\"\"a,b\"\"\nline",s3,,,0,1970-01-01T00:00:00.000Z,,,

                """
        )
        #expect(export.heading.split(separator: ",").count == 14)
    }

    @Test(arguments: [
        ("", "\"\""), ("a", "a"), ("a\"b", "\"a\"\"b\""), (" a", "\" a\""), ("a\r", "\"a\r\""), ("ä", "ä"),
    ])
    func aFieldIsQuotedWhereItMustBe(field: String, quoted: String) {
        #expect(RejectExport.quoted(field) == quoted)
    }

    @Test func theStoredRowIsExportedAsItIs() throws {
        let line = try RejectExport(format: .jsonl, withSourceRow: true).line(Self.reject())
        #expect(line.hasSuffix(",\"source_row\":{\"n\":1.00000000000000000001, \"t\":\"x\\u0000\"}}\n"))
        #expect(line.split(separator: "\n").count == 1)
        let without = try RejectExport(format: .jsonl, withSourceRow: false).line(Self.reject())
        #expect(!without.contains("source_row"))
    }

    @Test func aFileThatWasLeftBehindIsNotWrittenInto() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("old".utf8).write(to: URL(fileURLWithPath: path + ".part"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path + ".part")
        let sink = try ExportSink(path: path)
        try sink.write("new")
        try sink.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test func keysAreReadAsOneOrAsASpan() {
        #expect(KeySpan(argument: "42")?.keys == 42...42)
        #expect(KeySpan(argument: "-3..9")?.keys == -3...9)
        for text in ["", "9..3", "a", "1..", "1...2"] { #expect(KeySpan(argument: text) == nil) }
    }

    @Test func aLengthOfTimeHasAUnit() {
        #expect(Age(argument: "90m")?.duration == .seconds(5400))
        #expect(Age(argument: "30d")?.duration == .seconds(30 * 86400))
        for text in ["", "30", "d", "-1d", "1w"] { #expect(Age(argument: text) == nil) }
    }
}
