import Catalog
import RowPipeline

/// Leaves out of a stored source row what personal columns are made from.
///
/// A plan marks columns of the target; which columns of the source they read is told by the words of their SQL, so
/// one too many may be left out, none too few. Behind a `query:` nothing is known of the base table's columns: there
/// the whole row is personal.
struct SourceRowRedaction {
    /// Nil: all of them.
    private let personal: Set<String>?

    static let mark = "(pii)"

    /// Of an entity; nil where nothing is known of it.
    init(_ entity: ResolvedEntity?) {
        guard let entity, !(entity.hasPersonalColumns && entity.readsQuery) else {
            self.personal = nil
            return
        }
        var words: Set<String>? = []
        for (program, select) in [(entity.program, entity.select)]
            + (entity.fill.map { [($0.program, $0.select)] } ?? [])
        {
            for output in program.outputs where output.isPersonal {
                for input in output.operation.inputs {
                    guard let found = Self.words(of: select.expressions[input]) else {
                        words = nil
                        continue
                    }
                    words?.formUnion(found)
                }
            }
        }
        self.personal = words
    }

    /// Whether a column's value must not be shown.
    func hides(_ column: String) -> Bool {
        self.personal?.contains(column.lowercased()) ?? true
    }

    /// The row with its personal values replaced.
    func redacted(_ row: JSONValue) -> JSONValue {
        guard case .object(let members) = row else { return .string(Self.mark) }
        return .object(
            Dictionary(
                uniqueKeysWithValues: members.map { name, value in
                    (name, value != .null && self.hides(name) ? .string(Self.mark) : value)
                }
            )
        )
    }

    /// The lower-case words of an expression; nil where it reads the row as a whole.
    private static func words(of expression: String) -> Set<String>? {
        let text = expression.lowercased()
        for range in text.ranges(of: "source") {
            let before = range.lowerBound > text.startIndex ? text[text.index(before: range.lowerBound)] : " "
            let after = range.upperBound < text.endIndex ? text[range.upperBound] : " "
            let isWord = !(before.isLetter || before.isNumber || before == "_")
            if isWord, !(after.isLetter || after.isNumber || after == "_" || after == "." || after == "\"") {
                return nil
            }
            if isWord, after == ".", text[range.upperBound...].dropFirst().first == "*" { return nil }
        }
        return Set(
            text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
                + text.split(separator: "\"").map(String.init)
        )
    }
}

extension ColumnOperation {
    /// The inputs that the field is made from.
    fileprivate var inputs: [Int] {
        switch self {
        case .copy(let input), .convert(let input, _), .uuid(let input, _, _): [input]
        case .constant: []
        case .reference(let reference):
            reference.alternatives.flatMap { [$0.input] + ($0.condition.map { [$0] } ?? []) }
        case .map(let map): [map.input]
        case .json(let json): [json.input]
        }
    }
}
