import RowPipeline

/// A row program over the same rows, again and again.
struct Transformation {
    let program: RowProgram
    let rows: [UInt8]

    init(_ program: RowProgram, _ rows: [UInt8]) {
        self.program = program
        self.rows = rows
    }

    func run(_ count: Int) throws {
        precondition(count % NotificationRows.count == 0, "so many rows at a time: \(NotificationRows.count)")
        let identities = Dictionary(
            uniqueKeysWithValues: NotificationRows.entities.enumerated()
                .map { ($1, EntityIdentity(strategy: .ordered(tag: UInt16($0), seed: 99), owner: $1)) }
        )
        // With gaps, so that it is looked into; everything the rows refer to is there.
        let present = PresenceSet((0..<40_000).filter { $0 < 5000 || $0 % 3 != 0 })
        var transformer = try RowTransformer(
            program: self.program,
            identities: identities,
            environment: TransformEnvironment(
                entity: "system_messages",
                parents: Dictionary(
                    uniqueKeysWithValues: NotificationRows.entities.dropFirst().map { ($0, .init(present: present)) }
                ),
                recordsPresence: true
            )
        )
        var buffer = CopyBuffer()
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: self.program.outputs.count)
        let header: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        transformer.beginStream()
        _ = try transformer.transform(header.span.bytes, into: &buffer, rejects: &rejects, counters: &counters)
        var consumed = 0
        for _ in 0..<(count / NotificationRows.count) {
            buffer.clear()
            consumed += try transformer.transform(
                self.rows.span.bytes,
                into: &buffer,
                rejects: &rejects,
                counters: &counters
            )
        }
        precondition(counters.migrated == count, "no row may be rejected")
        precondition(consumed == self.rows.count * (count / NotificationRows.count), "every row is a whole one")
    }
}
