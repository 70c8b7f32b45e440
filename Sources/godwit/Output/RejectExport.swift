import ControlStore
import Foundation

/// Rejects as lines of a file, one after the other.
struct RejectExport {
    var format: Format
    /// Whether the stored source rows go along, personal columns included.
    var withSourceRow: Bool

    enum Format: String, CaseIterable {
        /// RFC 4180, as PostgreSQL's `COPY … CSV HEADER` reads it: NULL is empty, an empty text is quoted.
        case csv
        /// One JSON object a line.
        case jsonl
    }

    private static let columns = [
        "id", "entity", "key", "reason", "column", "detail", "shard", "parent_entity", "parent_key", "tries",
        "created_at", "resolved_at", "resolved_by", "resolution",
    ]

    /// What stands before the first line.
    var heading: String {
        guard self.format == .csv else { return "" }
        return (Self.columns + (self.withSourceRow ? ["source_row"] : [])).joined(separator: ",") + "\n"
    }

    /// A reject, with its line feed.
    func line(_ reject: RejectRecord) throws -> String {
        switch self.format {
        case .csv: self.record(reject)
        case .jsonl: try self.object(reject)
        }
    }

    private func record(_ reject: RejectRecord) -> String {
        let row = RejectRow(reject)
        var fields: [String?] = [
            "\(row.id)", row.entity, "\(row.key)", row.reason, row.column, row.detail, row.shard, row.parentEntity,
            row.parentKey.map { "\($0)" }, "\(row.tries)", Self.time(row.createdAt), row.resolvedAt.map(Self.time),
            row.resolvedBy, row.resolution,
        ]
        if self.withSourceRow { fields.append(reject.sourceRow) }
        return fields.map { $0.map(Self.quoted) ?? "" }.joined(separator: ",") + "\n"
    }

    private func object(_ reject: RejectRecord) throws -> String {
        var row = RejectRow(reject)
        row.sourceRow = nil
        let text = try JSONOutput.text(row, pretty: false)
        guard self.withSourceRow, let stored = reject.sourceRow else { return text + "\n" }
        // As it is stored: parsing would lose digits of numbers. A line feed can only stand between its tokens.
        let source = stored.split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(text.dropLast()),\"source_row\":\(source)}\n"
    }

    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.first != " " && text.last != " "
            && text.utf8.allSatisfy { $0 != 0x22 && $0 != 0x2c && $0 != 0x0a && $0 != 0x0d }
        return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func time(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
