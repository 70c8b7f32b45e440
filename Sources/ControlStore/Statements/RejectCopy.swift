package import Scheduling

/// Rejects of a shard in COPY's text form, for the shard's own transaction.
///
/// https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2
package struct RejectCopy: Sendable {
    /// The statement for `Connection.copyIn`.
    package static let sql = """
        COPY godwit.rejects (run_id, entity, shard_id, source_key, reason, column_name, detail, source_row,
                             parent_entity, parent_key, is_kept) FROM STDIN
        """

    /// The lines so far.
    package private(set) var bytes: [UInt8] = []
    package private(set) var count = 0
    /// Run, entity and shard, with the tab behind: the beginning of every line.
    private let prefix: [UInt8]

    package init(run: RunID, entity: EntityName, shard: ShardID) {
        var prefix = Array("\(run)\t".utf8)
        Self.append(entity.rawValue, to: &prefix)
        prefix += "\t\(shard.rawValue)\t".utf8
        self.prefix = prefix
    }

    /// Adds one reject; `sourceRow` is JSON, `isKept` whether an earlier version of the row is in the target.
    package mutating func append(
        key: Int64,
        reason: String,
        column: String?,
        detail: String?,
        sourceRow: String?,
        parentEntity: String? = nil,
        parentKey: Int64? = nil,
        isKept: Bool = false
    ) {
        let line = RejectLine(
            key: key,
            reason: reason,
            column: column,
            detail: detail,
            parentEntity: parentEntity,
            parentKey: parentKey,
            isKept: isKept
        )
        self.append(line, sourceRow: sourceRow)
    }

    /// Adds one reject; `sourceRow` is JSON.
    package mutating func append(_ line: RejectLine, sourceRow: String?) {
        self.begin(line)
        self.append(field: sourceRow)
        self.end(line)
    }

    /// Adds one reject with its source row as COPY's text form has it.
    package mutating func append(_ line: RejectLine, copiedRow: RawSpan) {
        self.begin(line)
        // The pointer is used only inside the closure.
        copiedRow.withUnsafeBytes { self.bytes += $0 }
        self.end(line)
    }

    /// Adds one reject up to its source row, which is sent next.
    package mutating func begin(_ line: RejectLine) {
        self.bytes += self.prefix
        self.bytes += String(line.key).utf8
        for field in [line.reason, line.column, line.detail] {
            self.bytes.append(UInt8(ascii: "\t"))
            self.append(field: field)
        }
        self.bytes.append(UInt8(ascii: "\t"))
    }

    /// Adds what comes behind the source row.
    package mutating func end(_ line: RejectLine) {
        for field in [line.parentEntity, line.parentKey.map(String.init)] {
            self.bytes.append(UInt8(ascii: "\t"))
            self.append(field: field)
        }
        self.bytes += (line.isKept ? "\tt\n" : "\tf\n").utf8
        self.count += 1
    }

    private mutating func append(field: String?) {
        if let field {
            Self.append(field, to: &self.bytes)
        } else {
            self.bytes += "\\N".utf8
        }
    }

    /// Forgets the lines and keeps the memory.
    package mutating func removeAll() {
        self.bytes.removeAll(keepingCapacity: true)
        self.count = 0
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case UInt8(ascii: "\t"): bytes += "\\t".utf8
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case UInt8(ascii: "\r"): bytes += "\\r".utf8
            // PostgreSQL's texts hold no NUL; U+FFFD keeps one in a message of ours from failing the shard.
            case 0: bytes += "\u{fffd}".utf8
            default: bytes.append(byte)
            }
        }
    }
}
