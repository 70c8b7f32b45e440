import MigrationPlan
import RowPipeline

/// Expressions for a session whose time zone is that of the source's times.
///
/// `timestamp AT TIME ZONE 'Europe/Berlin'` looks the zone up by its name for every row, which costs the source three
/// times as much as the cast to `timestamptz`, and both read local times by the same rules
/// (`timestamp_zone` and `timestamp2timestamptz_opt_overflow` of PostgreSQL's `timestamp.c`). But the session's zone may
/// reach into everything else that it computes, so that only a SELECT is written so of whose every part that can't be:
/// bare columns, casts between types without times, comparisons of an integer column with a number.
extension EntityCompiler {
    /// The zone, where a session's setting and `AT TIME ZONE` understand the same by its name.
    ///
    /// Abbreviations and offsets (`CET`, `+02`) mean one thing here and another there; a name with its area does not.
    var sessionZone: String? {
        guard let zone = self.plan.source.timeZone, let area = zone.split(separator: "/").first,
            Self.areas.contains(String(area)), zone.count > area.count,
            zone.utf8.allSatisfy({ $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "_") || Self.isLetter($0) })
        else { return nil }
        return zone
    }

    private static let areas: Set<String> = [
        "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
    ]

    /// The select for such a session; nil where it would gain nothing, or is not certain to yield the same.
    func sessionSelect(_ inputs: ProgramInputs) -> SourceSelect.InSessionZone? {
        // A view, a policy or a foreign server may compute with the session's zone.
        guard let zone = self.sessionZone, self.entity.query == nil, self.filter == nil,
            self.source.table.kind == "r", !self.source.table.isRowSecured, self.source.table.heirs.isEmpty
        else { return nil }
        let expressions = inputs.inSessionZone.compactMap(\.self)
        guard expressions.count == inputs.expressions.count, expressions != inputs.expressions else { return nil }
        return SourceSelect.InSessionZone(zone: zone, expressions: expressions)
    }

    /// What yields in such a session what the expression with its cast yields in every session; nil where nothing is
    /// certain to.
    func inSessionZone(_ expression: String, _ cast: SourceCast) -> String? {
        guard let type = self.typeOfColumn(expression) else { return nil }
        switch cast {
        case .none:
            return cast.applied(to: expression)
        case .atTimeZone(let zone):
            guard zone == self.sessionZone, type == "timestamp" || type == "date" else { return nil }
            return SourceCast.through("timestamp", to: "timestamptz").applied(to: expression)
        case .to(let name):
            return Self.timeless.contains(type) && Self.timeless.contains(name) ? cast.applied(to: expression) : nil
        case .through(let first, let name):
            let isTimeless = Self.timeless.isSuperset(of: [type, first, name])
            return isTimeless ? cast.applied(to: expression) : nil
        }
    }

    /// Whether the SQL compares an integer column with a number, and nothing else.
    func comparesInteger(_ sql: String) -> Bool {
        let words = sql.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 3, ["=", "<>", "<", ">", "<=", ">="].contains(words[1]), Int32(words[2]) != nil,
            let type = self.typeOfColumn(String(words[0]))
        else { return false }
        return CastTable.integerBytes[type] != nil
    }

    /// The built-in type of an expression that is a column of the source and nothing else; nil for any other.
    private func typeOfColumn(_ expression: String) -> String? {
        for column in self.source.columns {
            guard case .builtIn(let name, _) = self.sourceTypes.shape(of: column.type.oid, modifier: -1) else {
                continue
            }
            if expression == "source." + SQLText.identifier(column.name) { return name }
            // As the plan writes it: words such as `localtimestamp` are functions, whatever the columns' names.
            if expression == column.name, Self.isWord(column.name), Self.timeless.contains(name) { return name }
        }
        return nil
    }

    /// Types whose values and texts have nothing to do with time.
    private static let timeless: Set<String> = [
        "bool", "int2", "int4", "int8", "numeric", "float4", "float8", "text", "varchar", "bpchar", "uuid", "json",
        "jsonb",
    ]

    /// Whether the name stands for itself without quotes.
    private static func isWord(_ name: String) -> Bool {
        name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
}
