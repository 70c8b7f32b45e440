import RowPipeline

/// Does one kind of work on so many rows: `Microbenchmark CASE ROWS`.
///
/// Whatever is done once, such as making the rows, is the same for every number of rows, so that the difference of two
/// runs is what the rows cost. scripts/microbenchmark counts the instructions.
@main
enum Microbenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let work = Work(rawValue: arguments[1]), let rows = Int(arguments[2]) else {
            print(Work.allCases.map(\.rawValue).joined(separator: "\n"))
            return
        }
        switch work {
        case .notification: try Transformation(NotificationRows.program, NotificationRows.rows).run(rows)
        case .references: try Transformation(NotificationRows.references, NotificationRows.rows).run(rows)
        case .json: try Transformation(NotificationRows.document, NotificationRows.rows).run(rows)
        case .sorting: try Transformation(NotificationRows.document, NotificationRows.unsortedRows).run(rows)
        case .codec: try Transformation(NotificationRows.copies, NotificationRows.rows).run(rows)
        case .ordered: Identities.ordered(rows)
        case .named: Identities.named(rows)
        case .presence: Presence.insert(rows)
        }
    }
}

/// What can be measured.
enum Work: String, CaseIterable {
    /// The whole row program of a notification: own UUID, four references, a map, a document, copies.
    case notification
    /// The key and the four references alone.
    case references
    /// The key and the document alone.
    case json
    /// The same where the document's members have to be put into the order of `jsonb`.
    case sorting
    /// Ten columns as they came.
    case codec
    /// UUIDs of the `ordered` strategy.
    case ordered
    /// UUIDs of the `v5` strategy.
    case named
    /// Keys put into a shard's bitmap.
    case presence
}
