package import Scheduling

/// What somebody has to know who finds a run standing still: what happened, to which rows, and the next command.
///
/// Numbers, names and codes only. Texts of servers may quote values of rows, so they stay with the shard they are about.
package struct ErrorReport: Sendable, Codable, Equatable {
    /// What happened, in one sentence.
    package var message: String
    package var cause: PauseCause
    /// The operator who paused; nil where the coordinator did.
    package var by: String?
    package var run: Int
    package var failedShards: Int
    /// The first of the failed shards.
    package var shards: [FailedShard]
    /// Unresolved, by entity and reason.
    package var rejects: [RejectCount]
    /// The exact next command.
    package var next: String

    init(
        message: String,
        cause: PauseCause,
        by operatorName: String?,
        run: Int,
        failedShards: Int,
        shards: [FailedShard],
        rejects: [RejectCount]
    ) {
        self.message = message
        self.cause = cause
        self.by = operatorName
        self.run = run
        self.failedShards = failedShards
        self.shards = shards
        self.rejects = rejects
        self.next = cause == .errorStrategy ? "godwit retry --failed --run \(run)" : "godwit resume \(run)"
    }

    /// Counts a shard whose failure is about to be recorded.
    mutating func add(_ failing: FailedShard) {
        guard !self.shards.contains(where: { $0.shard == failing.shard }) else { return }
        self.failedShards += 1
        if self.shards.count < Self.namedShards { self.shards.append(failing) }
    }

    /// So many failed shards are named; `godwit shards --failed` has them all.
    static let namedShards = 10

    /// For people; the last line is the next command.
    package var lines: [String] {
        var lines = ["run #\(self.run) is paused: \(self.message)" + (self.by.map { " (by \($0))" } ?? "")]
        if self.failedShards > 0 {
            let names = self.shards.map(\.description).joined(separator: ", ")
            let more = self.failedShards > self.shards.count ? " …" : ""
            lines.append("failed shards: \(self.failedShards) (\(names)\(more))")
        }
        if !self.rejects.isEmpty {
            lines.append("rejects: \(self.rejectsText)")
        }
        var looks: [String] = []
        if self.failedShards > 0 { looks.append("godwit shards \(self.run) --failed") }
        if !self.rejects.isEmpty { looks.append("godwit rejects \(self.run)") }
        looks.append("docs/runbook.md#\(self.cause.runbookAnchor)")
        return lines + ["look at: " + looks.joined(separator: ", "), self.advice, self.next]
    }

    /// `orders orphan 12, jaws duplicate 2`.
    var rejectsText: String {
        self.rejects.map { "\($0.entity) \($0.reason) \($0.count)" }.joined(separator: ", ")
    }

    private var advice: String {
        switch self.cause {
        case .byOperator: "to go on:"
        case .errorStrategy:
            "mend the cause, then try the failed shards again (godwit resume \(self.run) goes on without them):"
        case .circuitBreaker: "mend the plan or the source, or accept the rate:"
        case .snapshotAge: "to go on with it, however old; the runbook says how to let go of it instead:"
        case .shardsRetried: "to work through them:"
        }
    }
}

extension ErrorReport {
    /// A shard whose attempts are used up.
    package struct FailedShard: Sendable, Codable, Equatable, CustomStringConvertible {
        /// As commands take it.
        package var shard: String
        package var entity: EntityName
        package var errorClass: String?
        package var sqlState: String?

        package init(shard: String, entity: EntityName, errorClass: String?, sqlState: String?) {
            self.shard = shard
            self.entity = entity
            self.errorClass = errorClass
            self.sqlState = sqlState
        }

        package var description: String {
            [self.shard, self.entity.rawValue, self.errorClass, self.sqlState].compactMap { $0 }
                .joined(separator: " ")
        }
    }
}

extension ErrorReport {
    private enum CodingKeys: String, CodingKey {
        case message, cause, by, run, shards, rejects, next
        case failedShards = "failed_shards"
    }
}

extension ErrorReport.FailedShard {
    private enum CodingKeys: String, CodingKey {
        case shard, entity
        case errorClass = "error_class"
        case sqlState = "sql_state"
    }
}
