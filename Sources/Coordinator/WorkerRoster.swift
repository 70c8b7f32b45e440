import ControlProtocol
import ControlStore
import FoundationEssentials
import Messaging
import Scheduling

/// What the coordinator will write down of the workers it has heard of; written once a second, not once a ping.
struct WorkerRoster {
    private var records: [Incarnation: WorkerRecord] = [:]
    private var changed: Set<Incarnation> = []
    /// Gone, and not written down as such yet.
    private var departed: Set<Incarnation> = []

    /// Notes a HELLO.
    ///
    /// - Returns: Whether the process is new.
    mutating func greeted(_ hello: Hello, _ header: MessageHeader, key: CurveKey?, current: Int) -> Bool {
        let isNew = self.records[header.incarnation] == nil
        var record = WorkerRecord(
            incarnation: header.incarnation,
            name: header.worker,
            host: hello.host,
            pid: Int(hello.pid),
            slots: hello.slots,
            build: hello.build,
            state: "running"
        )
        record.snapshot = (hello.snapshotNumber ?? current) == current ? hello.snapshot : nil
        record.publicKey = key?.text
        self.records[header.incarnation] = record
        self.changed.insert(header.incarnation)
        self.departed.remove(header.incarnation)
        return isNew
    }

    /// Notes a PING.
    ///
    /// - Returns: Whether the worker exports a snapshot that was not known of.
    mutating func pinged(_ ping: Ping, _ header: MessageHeader, current: Int) -> Bool {
        guard var record = self.records[header.incarnation] else { return false }
        // An older one is of no use to anybody.
        let snapshot = (ping.snapshotNumber ?? current) == current ? ping.snapshot : nil
        let isNewHolder = snapshot != nil && snapshot != record.snapshot
        record.state = ping.state.rawValue
        record.snapshot = snapshot
        // Counters always encode: they are numbers.
        if let json = try? JSONEncoder().encode(ping.counters) {
            record.counters = String(decoding: json, as: UTF8.self)
        }
        self.records[header.incarnation] = record
        self.changed.insert(header.incarnation)
        return isNewHolder
    }

    /// The run has a new snapshot: what the workers export is of an older one.
    mutating func forgetSnapshots() {
        for incarnation in self.records.keys { self.records[incarnation]?.snapshot = nil }
    }

    /// Notes that a process is gone.
    mutating func left(_ incarnation: Incarnation, state: String) {
        guard var record = self.records[incarnation] else { return }
        record.state = state
        record.snapshot = nil
        self.departed.insert(incarnation)
        self.records[incarnation] = record
        self.changed.insert(incarnation)
    }

    /// Whether there is something to write down.
    var hasChanges: Bool { !self.changed.isEmpty }

    /// What has changed and was not taken yet, so many at most; who is gone is forgotten with it.
    mutating func takeChanges(atMost count: Int = .max) -> [WorkerRecord] {
        let taken = Array(self.changed.prefix(count))
        return taken.flatMap { self.take($0) }.sorted { $0.name < $1.name }
    }

    /// What has changed of one worker.
    mutating func take(_ incarnation: Incarnation) -> [WorkerRecord] {
        guard self.changed.remove(incarnation) != nil, let record = self.records[incarnation] else { return [] }
        if self.departed.remove(incarnation) != nil { self.records[incarnation] = nil }
        return [record]
    }
}
