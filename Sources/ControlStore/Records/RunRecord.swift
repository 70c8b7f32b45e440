package import FoundationEssentials
package import Scheduling

/// What a coordinator says about a run when it opens one.
package struct NewRun: Sendable {
    package var name: String
    package var planHash: String
    package var planText: String
    /// JSON that workers execute.
    package var resolvedPlan: String
    /// `system_identifier` of the source's cluster.
    package var sourceSystem: UInt64?

    package init(name: String, planHash: String, planText: String, resolvedPlan: String, sourceSystem: UInt64?) {
        self.name = name
        self.planHash = planHash
        self.planText = planText
        self.resolvedPlan = resolvedPlan
        self.sourceSystem = sourceSystem
    }
}

/// How a run stands.
package enum RunStatus: String, Sendable, Codable, CaseIterable {
    /// A coordinator works on it, or should. Can transition to: paused, completed, failed, cancelled.
    case running
    /// Nothing is granted until somebody resumes it. Can transition to: running, cancelled.
    case paused
    /// Every entity is complete, possibly with rejects and failed shards. Can transition to: paused (`godwit retry`).
    case completed
    /// Stopped by an error that a retry does not heal. Can transition to: running (a coordinator resumes it),
    /// paused (`godwit retry`), cancelled.
    case failed
    /// Given up by an operator; final.
    case cancelled
}

/// Which run a command is about.
package enum RunSelector: Sendable, Equatable {
    /// The one with the highest number.
    case latest
    /// The only one whose id begins so, or whose number it is (`#3`).
    case prefix(String)
    case id(RunID)
}

/// A run as the control schema knows it.
package struct RunRecord: Sendable, Codable, Equatable {
    package var id: RunID
    /// Counts the runs of a control schema, from 1.
    package var number: Int
    package var name: String
    package var type: String
    package var status: RunStatus
    package var statusReason: String?
    /// The operator who set the status, with role; nil where a coordinator did.
    package var statusBy: String?
    /// Why nothing is granted; nil while it is not paused, or a newer Godwit knows why.
    package var pauseCause: PauseCause?
    package var planHash: String
    /// Counts the versions of the plan during this run, from 1.
    package var planRevision = 1
    package var startedAt: Date
    package var completedAt: Date?
    package var createdBy: String
    /// Shards were copied under more than one snapshot.
    package var isMixed: Bool
    package var sourceSystem: UInt64?
    /// The newest snapshot, nil before the first.
    package var snapshot: SnapshotRecord?
    /// Counts the changes of any presence; LEASE carries it.
    package var presenceEpoch: Int
    /// JSON, nil until somebody recorded some.
    package var metrics: String?
    package var errorDetails: String?
    /// What an operator has set; nil while the plan's limits hold.
    package var throttle: ThrottleLimits?
    /// An operator, or a newer Godwit, has set limits that this one can't read, or not all of them.
    package var isThrottleUnreadable = false
}

extension RunRecord {
    /// Whether it is paused until somebody calls `godwit resume`, however many coordinators are started meanwhile.
    package var isHeld: Bool { self.status == .paused && self.pauseCause?.endsWithANewCoordinator != true }

    /// What a paused run waits for.
    package var commandAfterPause: String { self.errorReport?.next ?? "godwit resume \(self.number)" }

    /// Why it stands still; nil where there is nothing to say, or a newer Godwit has said it.
    package var errorReport: ErrorReport? {
        // Other details are other objects.
        self.errorDetails.flatMap { try? JSONDecoder().decode(ErrorReport.self, from: Data($0.utf8)) }
    }
}

/// A snapshot of the source that shards of a run read.
package struct SnapshotRecord: Sendable, Codable, Equatable {
    /// Counts the snapshots of a run, from 1.
    package var number: Int
    /// What `pg_export_snapshot` returned.
    package var id: String
    /// WAL position at export, as PostgreSQL prints it.
    package var lsn: String?
    /// `pg_snapshot_xmin` at export.
    package var xmin: UInt64?
    package var takenAt: Date
}

/// A source table as it was when the snapshot was exported.
package struct SnapshotTable: Sendable, Codable, Equatable {
    /// Qualified and quoted.
    package var name: String
    /// `pg_relation_filenode`; another value means TRUNCATE or a rewrite, and the snapshot reads 0 rows.
    package var filenode: Int64

    package init(name: String, filenode: Int64) {
        self.name = name
        self.filenode = filenode
    }
}
