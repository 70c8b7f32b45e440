package import Logging

/// The keys of log metadata, the same in every log line, document and dashboard.
package enum LogKey: String, Sendable, CaseIterable {
    case runID = "run.id"
    case term
    case entity
    case shardID = "shard.id"
    case attempt
    case leaseID = "lease.id"
    case workerID = "worker.id"
    case slot
    case slots
    case endpoint
    case publicKey = "key.public"
    case database = "db"
    case snapshotID = "snapshot.id"
    case batchNumber = "batch.number"
    case batchRows = "batch.rows"
    case batchMigrated = "batch.migrated"
    case batchRejected = "batch.rejected"
    case batchBytes = "batch.bytes"
    case batchLimit = "batch.limit"
    case rowsEstimated = "rows.estimated"
    case rowsRead = "rows.read"
    case rowsMigrated = "rows.migrated"
    case rowsRejected = "rows.rejected"
    case shards
    case count
    case messageType = "message.type"
    case reason
    case state
    case sqlState = "sqlstate"
    case error
    case durationMilliseconds = "duration.ms"
    /// Of a time, by what it went to.
    case parts
}

extension Logger.Metadata {
    /// Builds metadata from typed keys; numbers and Booleans stay such in JSON.
    package init(_ values: [LogKey: any CustomStringConvertible & Sendable]) {
        self.init(uniqueKeysWithValues: values.map { ($0.key.rawValue, .stringConvertible($0.value)) })
    }
}

extension Logger {
    /// A value that every line of this logger carries.
    package subscript(key: LogKey) -> Logger.MetadataValue? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }

    /// A copy of the logger whose lines carry more metadata.
    package func with(_ values: [LogKey: any CustomStringConvertible & Sendable]) -> Logger {
        var logger = self
        for (key, value) in values { logger[key] = .stringConvertible(value) }
        return logger
    }
}

extension Logger.Metadata {
    /// Metadata from typed keys, for a log call; a nil value is left out.
    package static func of(_ values: [LogKey: (any CustomStringConvertible & Sendable)?]) -> Self {
        Self(values.compactMapValues { $0 })
    }
}
