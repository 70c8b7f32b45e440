import ControlStore
import Foundation
import Testing

@testable import godwit

@Suite struct OutputTests {
    @Test(arguments: [
        (0.04, "0.0s"), (9.94, "9.9s"), (59.4, "59s"), (59.6, "1m00s"), (3599.6, "1h00m"), (7620, "2h07m"),
        (273_600, "3d04h"),
        (.infinity, "–"),
    ])
    func durationsAreShort(seconds: Double, text: String) {
        #expect(Figures.duration(seconds) == text)
    }

    @Test(arguments: [(0.0, "0"), (999.4, "999"), (999.6, "1.00k"), (12_345, "12.3k"), (4_560_000, "4.56M")])
    func ratesHaveFewDigits(number: Double, text: String) {
        #expect(Figures.short(number) == text)
    }

    @Test func countsAreGroupedAndBytesAreCountedInPowersOf1024() {
        #expect(Figures.count(1_234_567) == "1,234,567")
        #expect(Figures.count(-1234) == "-1,234")
        #expect(Figures.count(Int64.min) == "-9,223,372,036,854,775,808")
        #expect(Figures.bytes(1023) == "1023 B")
        #expect(Figures.bytes(12 << 20) == "12 MiB")
        #expect(Figures.bytes(3 << 29) == "1.5 GiB")
        #expect(Figures.bytes((1 << 20) - 1) == "1 MiB")
        #expect(Figures.counted(1, "shard") == "1 shard")
    }

    @Test func columnsAreAlignedAndTheLastIsCut() {
        var table = TextTable([.left("name"), .right("rows"), .left("error")])
        table.add(["a", "1,000", "something long went wrong"])
        #expect(table.lines() == ["name   rows  error", "a     1,000  something long went wrong"])
        #expect(table.lines(width: 20) == ["name   rows  error", "a     1,000  someth…"])
    }

    @Test func columnsThatCanBeSparedGoBeforeAnythingIsCutAndAreNamed() {
        var table = TextTable([.left("name"), .left("kind", spared: 1), .right("rows", spared: 0), .left("state")])
        table.add(["a", "copy", "1,000", "done"])
        #expect(table.lines(width: 25) == ["name  kind   rows  state", "a     copy  1,000  done"])
        #expect(table.omission(width: 25) == [])
        #expect(table.lines(width: 20) == ["name  kind  state", "a     copy  done"])
        #expect(
            table.omission(width: 20) == ["(left out for want", "of width: rows;", "--json has all)"]
        )
        #expect(table.lines(width: 12) == ["name  state", "a     done"])
    }

    @Test(arguments: [
        ("1000-2000", 1000...2000 as ClosedRange<Int64>?), ("7", 7...7), ("-5--1", -5 ... -1), ("-3", -3 ... -3),
        ("5..9", 5...9), ("-5..-1", -5 ... -1), ("2-1", nil), ("2..1", nil), ("1-", nil), ("x", nil),
    ])
    func keysAreGivenByTheirEnds(text: String, keys: ClosedRange<Int64>?) {
        #expect(KeySpan(argument: text)?.keys == keys)
    }

    @Test(arguments: [
        ("s12", "s12"), ("12", "s12"), ("s120-s140", "s120-s140"), ("120-140", "s120-s140"), ("s2-s1", nil),
        ("s1-", nil), ("all", nil),
    ])
    func shardsAreGivenOneByOneOrByTheirEnds(text: String, span: String?) {
        #expect(ShardSpan(argument: text)?.description == span)
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
    ])
    func timesHaveUnits(text: String, duration: Duration) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(arguments: ["", "s", "-1s", "1d", "1.5s", "99999999999999999999s"])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test func aLongTextIsWrappedAtItsSpaces() {
        #expect("one two  three\nfour".wrapped(to: 9) == ["one two", "three", "four"])
        #expect("one two three".wrapped(to: 11, indent: 4) == ["    one two", "    three"])
    }

    @Test func linesAreCutByCharactersNotByStyles() {
        var line = StyledLine("abc", .bold)
        line.add("defgh", .bad)
        #expect(line.rendered(width: 5, colour: false) == "abcd…")
        #expect(line.rendered(width: 5, colour: true) == "\u{1b}[1mabc\u{1b}[0m\u{1b}[1;31md…\u{1b}[0m")
        #expect(line.rendered(width: nil, colour: false) == "abcdefgh")
    }

    @Test func jsonKeysAreSnakeCaseAndTimesAreInUTC() throws {
        struct Sample: Encodable {
            var sourceRows = 3
            var startedAt = Date(timeIntervalSince1970: 0.5)
            var data = JSONValue(text: #"{"camelCase": [1, 2.5, null, true, "x"]}"#)
        }
        let text = try JSONOutput.text(Sample(), pretty: false)
        #expect(
            text
                == #"{"data":{"camelCase":[1,2.5,null,true,"x"]},"source_rows":3,"started_at":"1970-01-01T00:00:00.500Z"}"#
        )
    }

    @Test func textThatIsNoJSONStaysText() {
        #expect(JSONValue(text: "{oops") == .string("{oops"))
    }

    @Test(arguments: [
        ("latest", RunSelector.latest), ("3", .prefix("#3")), ("#3", .prefix("#3")), ("e6a3473e", .prefix("e6a3473e")),
        ("12345678", .prefix("12345678")),
    ])
    func runsAreNamedByNumberOrBeginningOfTheirID(argument: String, selector: RunSelector) {
        #expect(RunSelector(argument: argument) == selector)
    }
}
