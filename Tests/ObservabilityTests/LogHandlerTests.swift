import Foundation
import Logging
import Observability
import Testing

@Suite struct LogHandlerTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "it broke"
    }

    @Test func `a JSON line has the fixed keys first and typed metadata after them`() {
        let line = logged(.json) { logger in
            var logger = logger
            logger[.entity] = "orders"
            logger.info(
                "shard copied",
                metadata: .init([.shardID: 7, .batchRows: Int64(5000), .state: true, .durationMilliseconds: 1.5])
            )
        }
        #expect(
            line == """
                {"level":"info","message":"shard copied","batch.rows":5000,"duration.ms":1.5,"entity":"orders",\
                "shard.id":7,"state":true}

                """
        )
    }

    @Test func `a text line is readable`() {
        let line = logged(.text) { $0.info("shard copied", metadata: .init([.entity: "orders", .shardID: 7])) }
        #expect(line == "info  shard copied  entity=orders shard.id=7\n")
        #expect(logged(.text) { $0.warning("late") } == "warning late\n")
    }

    @Test(arguments: [
        "a b", "", "a=b", "\"", "\\", "line\nfeed", "\u{1B}[31m", "tab\t", "nul\0", "ä€😀", "\u{2028}", "\u{85}",
    ])
    func `whatever is logged stays on one line and can be read back`(text: String) throws {
        let json = logged(.json) { $0.error("\(text)", metadata: .init([.error: text, .reason: text])) }
        #expect(json.utf8.count { $0 == UInt8(ascii: "\n") } == 1)
        let parsed = try JSONDecoder().decode([String: String].self, from: Data(json.utf8))
        #expect(parsed == ["level": "error", "message": text, "error": text, "reason": text])
        let line = logged(.text) { $0.error("\(text)", metadata: .init([.error: text])) }
        #expect(line.unicodeScalars.filter { $0.properties.generalCategory == .control }.count == 1)
    }

    @Test func `text values are quoted only where they must be`() {
        let line = logged(.text) {
            $0.info("m", metadata: ["a": "x", "b": "x y", "c": "", "d": "k=v", "e": ["p", "q"]])
        }
        #expect(line == #"info  m  a=x b="x y" c="" d="k=v" e=["p","q"]"# + "\n")
    }

    @Test func `nested metadata becomes dotted keys, and fixed keys are not overwritten`() {
        let line = logged(.json) {
            $0.info("m", metadata: ["db": ["table": "t"], "level": "x", "l": ["a", .stringConvertible(2)]])
        }
        #expect(line == #"{"level":"info","message":"m","db.table":"t","l":["a",2],"metadata.level":"x"}"# + "\n")
    }

    @Test func `the event's metadata wins over the logger's`() {
        let line = logged(.text) { $0.with([.attempt: 1, .entity: "a"]).info("m", metadata: .init([.attempt: 2])) }
        #expect(line == "info  m  attempt=2 entity=a\n")
    }

    @Test func `an error handed to the logger is written`() {
        #expect(logged(.text) { $0.error("m", error: Failure()) } == "error m  error=\"it broke\"\n")
    }

    @Test func `lines below the level are not written`() {
        #expect(logged(.json, level: .notice) { $0.info("m") } == "")
        #expect(logged(.text, level: .debug) { $0.debug("m") } == "debug m\n")
    }

    @Test func `lines of many threads do not mix, also where a pipe takes them in parts`() async {
        let pipe = LogPipe()
        let logger = makeLogger(label: "test", format: .text, output: pipe.output)
        let length = 10_000
        async let writing: Void = withTaskGroup { group in
            for writer in 0..<3 {
                group.addTask {
                    logger.info("m", metadata: .init([.slot: String(repeating: "\(writer)", count: length)]))
                }
            }
        }
        await writing
        let lines = pipe.text().split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines {
            let value = line.split(separator: "=")[1]
            #expect(value.count == length)
            #expect(Set(value).count == 1)
        }
    }

    @Test func `a closed output does not stop anything`() {
        makeLogger(label: "test", format: .json, output: LogOutput(fileDescriptor: -1)).info("nobody listens")
    }

    @Test(arguments: [
        (0, 0, "1970-01-01T00:00:00.000Z"), (1_795_341_600, 7_999_999, "2026-11-22T10:00:00.007Z"),
        (1_709_251_199, 999_999_999, "2024-02-29T23:59:59.999Z"),
    ])
    func `timestamps are RFC 3339 in UTC`(seconds: Int, nanoseconds: Int, expected: String) {
        #expect(Timestamp(seconds: seconds, nanoseconds: nanoseconds).description == expected)
    }

    @Test func `log keys are dotted lower case and unique`() {
        for key in LogKey.allCases {
            #expect(key.rawValue.allSatisfy { $0 == "." || ("a"..."z").contains($0) })
        }
    }

    @Test func `durations are whole milliseconds`() {
        #expect(Duration.microseconds(2_999_999).milliseconds == 2999)
        #expect(Duration.seconds(-1.5).milliseconds == -1500)
    }
}
