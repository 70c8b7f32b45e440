/// Decides how many bytes of rows a slot writes between two savepoints.
///
/// A batch is held in memory until the target has taken it, and taken apart where the target refuses rows of it; so it
/// shrinks with the memory that is left, and with refusals, so that more batches are clean. Where refusals are so frequent
/// that even the smallest batch would have some, it grows instead: taking a batch apart costs two temporary tables, however
/// many rows it has (1 row in 50 refused: 1.7 to 2.4 times the time of clean rows with 4 MiB, 2.4 to 3.3 times with 512 KiB).
/// A plan's row limit is kept apart from this.
package struct BatchSizing: Sendable, Equatable {
    /// What the next batch may hold.
    package private(set) var bytes: Int
    /// The largest batch that the plan's memory threshold leaves room for.
    package let most: Int
    /// Resident bytes of the process from which on batches shrink.
    package let threshold: Int

    /// Below this the round trips of a batch weigh more than its rows (safe from 64 KiB on).
    package static let least = 256 << 10

    /// Refusals take nothing below this (safe from `least` on).
    package static let leastByRefusals = 512 << 10

    /// 4 MiB keep a shard of 32 MiB at 8 savepoints, far below the 64 that PostgreSQL keeps in shared memory, and more
    /// brings nothing (safe from 1 MiB to 16 MiB; each slot holds so much twice at worst).
    package static let ceiling = 4 << 20

    package init(threshold: Int) {
        self.threshold = threshold
        // A sixteenth leaves room for several slots, what libpq holds, and presence sets.
        self.most = min(Self.ceiling, max(Self.least, threshold / 16))
        self.bytes = self.most
    }

    /// A batch was written.
    ///
    /// - Parameters:
    ///   - refused: Rows of it that the target has refused.
    ///   - resident: Memory of the process now, in bytes.
    /// - Returns: What became of the size.
    package mutating func wrote(refused: Int, resident: Int) -> Change {
        let before = self.bytes
        if resident > self.threshold {
            self.bytes = max(Self.least, before / 2)
            return self.bytes < before ? .shrunk(.memory) : .none
        }
        let isSparse = refused > 0 && before / refused >= Self.leastByRefusals / 2
        if isSparse {
            self.bytes = max(min(before, Self.leastByRefusals), before / 2)
            return self.bytes < before ? .shrunk(.refusals) : .none
        }
        // Not so close to the threshold that the next batch crosses it and the one after is small again.
        guard resident <= self.threshold / 4 * 3 else { return .none }
        self.bytes = min(self.most, before * 2)
        return self.bytes > before ? .grown : .none
    }
}

extension BatchSizing {
    /// What became of the size.
    package enum Change: Sendable, Equatable {
        case none
        case shrunk(Cause)
        /// A clean batch, or one that is refused so many rows that larger ones cost less; and memory to spare.
        case grown
    }

    /// Why batches became smaller.
    package enum Cause: String, Sendable, Equatable {
        case memory
        case refusals
    }
}
