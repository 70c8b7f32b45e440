import RowPipeline
import Testing

@testable import Catalog

@Suite struct CastTableTests {
    let table = CastTable(timeZone: "Europe/Berlin", truncates: false)

    static func builtIn(_ name: String, _ modifier: Int32 = -1) -> TypeShape {
        .builtIn(name, modifier: modifier)
    }

    static func numeric(_ precision: Int32, _ scale: Int32) -> TypeShape {
        .builtIn("numeric", modifier: (precision << 16 | scale & 0x7FF) + 4)
    }

    static func varchar(_ length: Int32) -> TypeShape {
        .builtIn("varchar", modifier: length + 4)
    }

    @Test(arguments: [
        (builtIn("int2"), builtIn("int8"), SourceCast.to("int8"), nil as Conversion?),
        (builtIn("int4"), builtIn("int4"), .none, nil),
        (builtIn("int8"), builtIn("int4"), .none, .int8ToInt4),
        (builtIn("int4"), builtIn("int2"), .to("int8"), .int8ToInt2),
        (builtIn("int4"), builtIn("float8"), .to("float8"), nil),
        (builtIn("bool"), builtIn("int8"), .through("int4", to: "int8"), nil),
        (builtIn("int4"), numeric(12, 2), .to("numeric"), nil),
        (builtIn("int4"), numeric(11, 2), .to("numeric"), .numeric(precision: 11, scale: 2)),
        (builtIn("numeric"), numeric(10, 2), .none, .numeric(precision: 10, scale: 2)),
        (numeric(8, 2), numeric(10, 2), .none, nil),
        (numeric(10, 4), numeric(10, 2), .none, .numeric(precision: 10, scale: 2)),
        (numeric(10, 2), builtIn("numeric"), .none, nil),
        (numeric(3, -2), numeric(5, 0), .none, nil),
        (builtIn("text"), varchar(10), .to("text"), .text(maximumCharacters: 10, truncates: false)),
        (varchar(5), varchar(10), .to("text"), nil),
        (varchar(20), varchar(10), .to("text"), .text(maximumCharacters: 10, truncates: false)),
        (builtIn("int8"), varchar(20), .to("text"), nil),
        (builtIn("int8"), varchar(19), .to("text"), .text(maximumCharacters: 19, truncates: false)),
        (builtIn("text"), builtIn("int8"), .to("text"), .textToInteger(bytes: 8)),
        (varchar(5), builtIn("int2"), .to("text"), .textToInteger(bytes: 2)),
        (builtIn("text"), builtIn("bool"), .to("text"), .textToBool),
        (builtIn("text"), builtIn("uuid"), .to("text"), .textToUUID),
        (builtIn("bpchar"), builtIn("date"), .to("text"), .textToDate),
        (builtIn("uuid"), builtIn("text"), .to("text"), nil),
        (builtIn("timestamp"), builtIn("timestamptz"), .atTimeZone("Europe/Berlin"), nil),
        (builtIn("date"), builtIn("timestamptz", 0), .atTimeZone("Europe/Berlin"), nil),
        (builtIn("timestamp"), builtIn("timestamp", 3), .none, .microseconds(decimals: 3)),
        (builtIn("timestamp", 2), builtIn("timestamp", 3), .none, nil),
        (builtIn("timestamp"), builtIn("timestamp", 6), .none, nil),
        (builtIn("jsonb"), builtIn("jsonb"), .none, nil),
        (builtIn("jsonb"), builtIn("json"), .to("json"), nil),
        (builtIn("tsvector"), builtIn("tsvector"), .none, nil),
        (builtIn("int4range"), builtIn("int4range"), .none, nil),
        (.foreign("citext"), builtIn("text"), .to("text"), nil),
        (builtIn("text"), .foreign("citext"), .to("text"), nil),
        (.enumeration(labels: ["a"]), .enumeration(labels: ["b", "a"]), .to("text"), nil),
        (.array(of: builtIn("int4")), .array(of: builtIn("int8")), .to("int8[]"), nil),
    ])
    func carries(from: TypeShape, to: TypeShape, cast: SourceCast, conversion: Conversion?) {
        #expect(self.table.crossing(from: from, to: to) == .copied(cast, conversion))
    }

    @Test(arguments: [
        (builtIn("int4"), builtIn("uuid")), (builtIn("int8"), builtIn("float8")), (builtIn("numeric"), builtIn("int8")),
        (builtIn("float8"), builtIn("numeric")), (builtIn("float8"), builtIn("float4")),
        (builtIn("timestamptz"), builtIn("timestamp")), (builtIn("timestamp"), builtIn("date")),
        (builtIn("money"), builtIn("money")), (builtIn("regclass"), builtIn("regclass")),
        (builtIn("oid"), builtIn("oid")), (builtIn("aclitem"), builtIn("text")), (builtIn("bytea"), builtIn("text")),
        (builtIn("int4"), .enumeration(labels: ["a"])), (builtIn("int4"), builtIn("jsonb")),
        (.foreign("hstore"), .foreign("ltree")), (.array(of: builtIn("numeric")), .array(of: numeric(3, 1))),
        (.array(of: builtIn("timestamp")), .array(of: builtIn("timestamptz"))),
        (builtIn("bit", 4), builtIn("bit", 5)), (.array(of: builtIn("oid")), .array(of: builtIn("oid"))),
    ])
    func refusesWhatWouldLoseSomething(from: TypeShape, to: TypeShape) {
        guard case .refused = self.table.crossing(from: from, to: to) else {
            Issue.record("\(from.description) became \(to.description)")
            return
        }
    }

    @Test func timesWithoutZoneNeedThePlansZone() {
        let table = CastTable(timeZone: nil, truncates: false)
        guard
            case .refused(_, let hint) = table.crossing(
                from: .builtIn("timestamp", modifier: -1),
                to: .builtIn("timestamptz", modifier: -1)
            )
        else {
            Issue.record("a zone was invented")
            return
        }
        #expect(hint.contains("timezone"))
    }

    @Test func textsThatAreTooLongAreCutOnlyOnDemand() {
        let table = CastTable(timeZone: nil, truncates: true)
        #expect(
            table.crossing(from: .builtIn("text", modifier: -1), to: Self.varchar(3))
                == .copied(.to("text"), .text(maximumCharacters: 3, truncates: true))
        )
    }

    @Test func labelsOutsideTheTargetsEnumAreLookedUp() {
        let labels = ["a", "b"]
        #expect(
            self.table.crossing(from: .builtIn("text", modifier: -1), to: .enumeration(labels: labels))
                == .labels(labels)
        )
        #expect(
            self.table.crossing(from: .enumeration(labels: ["a", "c"]), to: .enumeration(labels: labels))
                == .labels(labels)
        )
    }

    @Test func jsonIsCheckedBecauseJsonbAcceptsLess() {
        for source in ["json", "text", "varchar"] {
            #expect(
                self.table.crossing(from: .builtIn(source, modifier: -1), to: .builtIn("jsonb", modifier: -1)) == .json
            )
        }
    }

    @Test func arraysOfUserTypesGetTheTargetsElementType() {
        let array = TypeShape.array(of: .enumeration(labels: ["a"]))
        guard case .carried(let carriage) = self.table.crossing(from: array, to: array) else {
            Issue.record("an array of an enum was refused")
            return
        }
        #expect(carriage.cast == .to("text[]"))
        #expect(carriage.replacesElementType)
    }

    @Test func compositesCrossFieldByField() {
        let fields = [TypeShape.Field(name: "x", shape: .builtIn("int4", modifier: -1))]
        let renamed = [TypeShape.Field(name: "y", shape: .builtIn("int4", modifier: -1))]
        let other = [TypeShape.Field(name: "x", shape: .builtIn("int8", modifier: -1))]
        #expect(self.table.crossing(from: .composite(fields), to: .composite(renamed)) == .copied())
        guard case .refused = self.table.crossing(from: .composite(fields), to: .composite(other)) else {
            Issue.record("fields of other types were accepted")
            return
        }
    }
}
