/// What a warning or an error is about; each has its section in `docs/runbook.md`.
package enum EventKind: String, Sendable, Codable, CaseIterable {
    /// A finding of the plan's check that does not forbid the run.
    case planWarning = "plan-warning"
    /// An attempt failed and is made again by itself.
    case attemptFailed = "attempt-failed"
    /// A shard's attempts are used up.
    case shardFailed = "shard-failed"
    /// A shard's attempts are used up, and its halves are tried, to find what fails.
    case shardHalved = "shard-halved"
    /// A worker was cut off, because its key is no longer on the allow-list.
    case keyRevoked = "key-revoked"
    /// A worker was refused, because its key was never authorised.
    case keyRefused = "key-refused"
    /// A database was away, and the run went on by itself when it was back.
    case outageOver = "outage-over"
    /// An entity can't be prepared for its load for now.
    case preparationDelayed = "preparation-delayed"
    /// The run's snapshot has gone with its last holder.
    case snapshotLost = "snapshot-lost"
    /// A coordinator's role may not end the sessions of a worker that lost its lease, so the shard waits.
    case sessionsForbidden = "sessions-forbidden"
    /// A run ended without a coordinator, and its triggers can't be switched on by the one that has come since.
    case triggersOff = "triggers-off"
    /// A run has ended and left indexes or constraints off.
    case structuresOff = "structures-off"
    /// A loaded table has no statistics, because the server refused to analyse it.
    case analysisFailed = "analysis-failed"
    /// Somebody's statement waits for a table of the source, and shards wait behind it.
    case sourceBlocked = "source-blocked"
    /// A limit of the throttle, or not knowing how it stands, keeps the pool from reading.
    case throttled
    case leaseExpired = "lease-expired"
    case runPaused = "run-paused"
    /// The run has met something that a retry does not heal.
    case runFailed = "run-failed"
    /// Everything is done that can be, with failed shards, too many rejects or more than one snapshot.
    case runIncomplete = "run-incomplete"
    case runCancelled = "run-cancelled"

    /// The section's anchor.
    package var runbookAnchor: String { "event-\(self.rawValue)" }
}
