/// All shards of a run, by their numbers; a hundred thousand take nine megabytes.
///
/// A dictionary of entries takes four times as much, and half of that again while it grows: an entry holds its entity's
/// name and two UUIDs, which are the same for many, or missing. None is ever removed.
package struct ShardTable: Sendable {
    private var places: [ShardID: Int32] = [:]
    private var records: [Record] = []
    private var names: [EntityName] = []
    private var nameNumbers: [EntityName: UInt32] = [:]
    /// Of shards that are leased, or wait for their time; the others' states are in their records.
    private var details: [Int32: ShardEntry.State] = [:]

    /// How many there are.
    package var count: Int { self.records.count }

    /// What is known of a shard; nil for one that was never added.
    package subscript(id: ShardID) -> ShardEntry? {
        self.places[id].map { self.entry(at: Int($0)) }
    }

    /// Entities that have shards.
    package var entities: [EntityName] { self.names }

    /// Takes over an entry, of a shard that is new or known.
    mutating func update(_ entry: ShardEntry) {
        let record = Record(entry, entity: self.number(of: entry.entity))
        let place: Int32
        if let known = self.places[entry.id] {
            place = known
            self.records[Int(place)] = record
        } else {
            place = Int32(self.records.count)
            self.places[entry.id] = place
            self.records.append(record)
        }
        self.details[place] = record.standing == .detailed ? entry.state : nil
    }

    private mutating func number(of name: EntityName) -> UInt32 {
        if let known = self.nameNumbers[name] { return known }
        let number = UInt32(self.names.count)
        self.names.append(name)
        self.nameNumbers[name] = number
        return number
    }

    private func entry(at place: Int) -> ShardEntry {
        let record = self.records[place]
        let state: ShardEntry.State =
            switch record.standing {
            case .pending: .pending(notBefore: nil)
            case .done: .done
            case .failed: .failed
            case .split: .split
            case .detailed: self.details[Int32(place)]!
            }
        return ShardEntry(
            id: record.id,
            entity: self.names[Int(record.entity)],
            kind: record.kind,
            range: KeyRange(
                lower: record.hasLower ? record.lower : nil,
                upper: record.hasUpper ? record.upper : nil
            ),
            weight: record.weight,
            state: state,
            origin: record.hasOrigin ? record.origin : nil,
            isInterrupted: record.isInterrupted,
            rows: record.rows
        )
    }
}

extension ShardTable {
    /// An entry without what is the same for many: 64 bytes.
    struct Record: Sendable {
        var id: ShardID
        var lower: Int64
        var upper: Int64
        var origin: ShardID
        var weight: Int
        var rows: Int
        var entity: UInt32
        var kind: ShardKind
        var standing: Standing
        var hasLower: Bool
        var hasUpper: Bool
        var hasOrigin: Bool
        var isInterrupted: Bool

        init(_ entry: ShardEntry, entity: UInt32) {
            self.id = entry.id
            self.lower = entry.range.lower ?? 0
            self.upper = entry.range.upper ?? 0
            self.origin = entry.origin ?? entry.id
            self.weight = entry.weight
            self.rows = entry.rows
            self.entity = entity
            self.kind = entry.kind
            self.standing = Standing(entry.state)
            self.hasLower = entry.range.lower != nil
            self.hasUpper = entry.range.upper != nil
            self.hasOrigin = entry.origin != nil
            self.isInterrupted = entry.isInterrupted
        }
    }

    /// A state without its values.
    enum Standing: Sendable {
        case pending
        case done
        case failed
        case split
        /// Leased, or pending until some time.
        case detailed

        init(_ state: ShardEntry.State) {
            self =
                switch state {
                case .pending(nil): .pending
                case .pending, .leased: .detailed
                case .done: .done
                case .failed: .failed
                case .split: .split
                }
        }
    }
}
