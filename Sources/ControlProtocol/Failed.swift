package import Scheduling

/// FAILED: an attempt came to nothing and is rolled back; sent again until it is acknowledged.
package struct Failed: MessageBody {
    package var lease: LeaseID
    package var shard: ShardID
    /// What the coordinator's decision depends on.
    package var errorClass: FailureClass
    package var sqlState: String?
    /// Where it happened.
    package var side: Side
    /// At most 4 KiB; longer ones are clipped.
    package var message: String

    package init(
        lease: LeaseID,
        shard: ShardID,
        errorClass: FailureClass,
        sqlState: String? = nil,
        side: Side,
        message: String
    ) {
        self.lease = lease
        self.shard = shard
        self.errorClass = errorClass
        self.sqlState = sqlState.map { Limits.clip($0, to: 5) }
        self.side = side
        self.message = Limits.clip(message, to: Limits.messageBytes)
    }

    package func validate() throws(ProtocolError) {
        try Limits.check(self.message, "message", maximum: Limits.messageBytes)
        try Limits.check(self.sqlState, "sqlState", maximum: 5)
    }

    /// On which side of the copy.
    package enum Side: String, Codable, Sendable {
        case source
        case target
        case worker
    }
}
