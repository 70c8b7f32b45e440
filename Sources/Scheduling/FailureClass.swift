/// What kind of failure ended an attempt; decides whether, when and how often it is tried again.
package enum FailureClass: String, Sendable, Codable, CaseIterable {
    /// The shard's own rows or its source SQL; uses up an attempt.
    case rows
    /// Connections, resources, restarts: says nothing about the shard and uses up no attempt.
    case surroundings
    /// The snapshot can no longer be imported; the run needs a new one.
    case snapshotLost = "snapshot_lost"
    /// A table, column or privilege is not as the plan was resolved (SQLSTATE class 42): stops the run.
    case schema
    /// The worker was told to stop, or is draining; uses up no attempt.
    case cancelled
    /// The fence did not hold: somebody else has the shard; nothing was written.
    case leaseLost = "lease_lost"
    /// Godwit contradicted itself (counts that do not add up); uses up an attempt.
    case fault
}
