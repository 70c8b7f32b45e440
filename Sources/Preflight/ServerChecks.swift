import MigrationPlan
import Scheduling

/// Judges a server by its facts.
struct ServerChecks {
    var server: ServerFacts
    var side: Side

    enum Side: String {
        case source
        case target
    }

    /// The oldest major version whose catalogs and COPY are understood.
    static let oldest = 13
    /// Major versions that the tests run against.
    static let tested = [15, 17]

    /// What speaks against the server.
    ///
    /// - Parameters:
    ///   - budget: Connections that the plan may open.
    ///   - position: The section of the plan that speaks of this side.
    ///   - budgetAt: Where the plan gives the budget.
    /// - Returns: Findings in no particular order.
    func findings(budget: Int?, at position: Position, budgetAt: Position) -> [Finding] {
        self.versionFindings(position) + self.sessionFindings(position) + self.budgetFindings(budget, budgetAt)
    }

    private func versionFindings(_ position: Position) -> [Finding] {
        let major = self.server.version / 10_000
        let tested = Self.tested.map(String.init).joined(separator: " and ")
        if major < Self.oldest {
            let text = "the \(self.side.rawValue) is PostgreSQL \(major)"
            return [Finding(.error, "server-version", text, hint: "Godwit needs \(Self.oldest) or newer", at: position)]
        }
        guard !Self.tested.contains(major) else { return [] }
        let text = "the \(self.side.rawValue) is PostgreSQL \(major); tests run against \(tested)"
        return [Finding(.warning, "server-version", text, hint: "rehearse the migration on a copy", at: position)]
    }

    private func sessionFindings(_ position: Position) -> [Finding] {
        let side = self.side.rawValue
        var findings: [Finding] = []
        if self.server.isPooled {
            let text = "the \(side) is behind a transaction pooler; settings and snapshots would leak between sessions"
            let hint = "connect to the server itself (Supabase: port 5432 of the direct connection)"
            findings.append(Finding(.error, "pooler", text, hint: hint, at: position))
        }
        if self.server.encoding != "UTF8" {
            let isUnknown = self.server.encoding == "SQL_ASCII" || self.side == .target
            let text = "the \(side)'s encoding is \(self.server.encoding)"
            let hint =
                self.side == .target
                ? "characters it lacks would be refused: use a UTF8 database"
                : isUnknown
                    ? "bytes that are no UTF-8 would be refused: find and convert them first"
                    : "it is converted to UTF8"
            findings.append(Finding(isUnknown ? .error : .note, "encoding", text, hint: hint, at: position))
        }
        if self.server.isStandby, self.side == .target {
            findings.append(
                Finding(.error, "standby", "the target is a standby", hint: "connect to the primary", at: position)
            )
        } else if self.server.isStandby, !self.server.hasStandbyFeedback {
            let text =
                "the source is a standby without hot_standby_feedback: the primary's vacuum would cancel the snapshot"
            let hint = "set hot_standby_feedback = on there and reload"
            findings.append(Finding(.error, "standby", text, hint: hint, at: position))
        }
        return findings
    }

    private func budgetFindings(_ budget: Int?, _ position: Position) -> [Finding] {
        guard let budget else { return [] }
        let side = self.side.rawValue
        let (coordinator, least) =
            switch self.side {
            case .source: ("1 for the coordinator", GrantLimits.leastSource)
            case .target: ("2 for the coordinator", GrantLimits.leastTarget)
            }
        guard budget >= least else {
            let text = "connections.\(side) is \(budget), but one worker with one slot needs \(least)"
            let hint = "\(coordinator), 1 for each worker, 1 for each slot: at least \(least)"
            return [Finding(.error, "connection-budget", text, hint: hint, at: position)]
        }
        let most = min(self.server.connectionLimit, self.server.ownConnectionLimit ?? .max)
        if budget > most {
            let text = "connections.\(side) is \(budget), but the server gives the role \(most) at most"
            let hint = "lower it, or raise max_connections or the role's CONNECTION LIMIT"
            return [Finding(.error, "connection-budget", text, hint: hint, at: position)]
        }
        let free = self.server.connectionLimit - self.server.connectionsInUse
        guard budget > free else { return [] }
        let text = "connections.\(side) is \(budget), but only \(free) of \(self.server.connectionLimit) are free now"
        return [Finding(.warning, "connection-budget", text, hint: "lower it, or end idle sessions", at: position)]
    }
}
