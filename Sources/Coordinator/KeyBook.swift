import ControlProtocol
import ControlStore
import Messaging
import Scheduling

/// Who may say what: the allow-list, and which process belongs to which key.
///
/// A connection proves a key. A message counts only where the worker's name is the key's to use and the process has not
/// introduced itself with another key.
struct KeyBook {
    private var entries: [CurveKey: Entry] = [:]
    private var owners: [Incarnation: CurveKey]

    /// - Parameter owners: Whose processes are known from an earlier reign.
    init(owners: [Incarnation: CurveKey] = [:]) {
        self.owners = owners
    }

    /// The keys that are let in.
    var authorised: Set<CurveKey> { Set(self.entries.lazy.filter { $0.value.isAuthorised }.map(\.key)) }

    var hasRevocations: Bool { self.entries.values.contains { !$0.isAuthorised } }

    /// Takes over the allow-list as it is now.
    mutating func update(_ records: [KeyRecord]) {
        self.entries = [:]
        for record in records {
            // What is no key lets nobody in.
            guard let key = try? CurveKey(record.publicKey) else { continue }
            self.entries[key] = Entry(name: record.name, isAuthorised: record.isAuthorised)
        }
    }

    /// Whether a message may be acted upon; a HELLO that may binds its process to the key.
    mutating func judge(_ key: CurveKey?, _ header: MessageHeader, isHello: Bool) -> Verdict {
        guard let key, let entry = self.entries[key], entry.isAuthorised else { return .notAuthorised }
        guard self.owner(of: header.worker) == entry.name else { return .foreignName(key: entry.name) }
        if let owner = self.owners[header.incarnation] {
            return owner == key ? .accepted : .foreignProcess(key: entry.name)
        }
        guard isHello else { return .unknownProcess }
        self.owners[header.incarnation] = key
        return .accepted
    }

    /// The key a process said HELLO with.
    func key(of incarnation: Incarnation) -> CurveKey? { self.owners[incarnation] }

    /// Whether a process introduced itself with a key that has been taken away since.
    func isRevoked(_ incarnation: Incarnation) -> Bool {
        guard let key = self.owners[incarnation] else { return false }
        return self.entries[key]?.isAuthorised != true
    }

    /// Whether a key was authorised once, and taken away.
    func isRevoked(_ key: CurveKey) -> Bool { self.entries[key]?.isAuthorised == false }

    /// Forgets a process that is gone.
    mutating func forget(_ incarnation: Incarnation) {
        self.owners[incarnation] = nil
    }

    /// The longest key name that the worker's name is, or begins with before a `-`.
    ///
    /// Where `a` and `a-b` are keys, `a-b-1` is not the former's to use. Revoked keys keep their names.
    private func owner(of worker: WorkerName) -> String? {
        self.entries.values.lazy.map(\.name)
            .filter { worker.rawValue == $0 || worker.rawValue.hasPrefix($0 + "-") }
            .max { $0.utf8.count < $1.utf8.count }
    }
}

extension KeyBook {
    /// What becomes of a message.
    enum Verdict: Equatable {
        case accepted
        /// The key was never authorised, or has been revoked.
        case notAuthorised
        /// The worker's name is not this key's to use.
        case foreignName(key: String)
        /// Another key's process.
        case foreignProcess(key: String)
        /// It has not said HELLO to anybody yet.
        case unknownProcess
    }

    private struct Entry {
        var name: String
        var isAuthorised: Bool
    }
}
