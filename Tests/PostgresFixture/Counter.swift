import Synchronization

/// Numbers things uniquely within the process.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    /// The next number, from 1.
    func next() -> Int {
        self.value.add(1, ordering: .relaxed).newValue
    }
}
