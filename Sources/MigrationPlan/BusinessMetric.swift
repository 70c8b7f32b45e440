/// A figure that must be equal on both sides: two queries that yield one value each.
package struct BusinessMetric: Sendable, Equatable {
    package var name: String
    package var source: String
    package var target: String
    package var position: Position
}
