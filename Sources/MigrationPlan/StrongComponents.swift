/// Strongly connected components of a small directed graph, without recursion.
struct StrongComponents {
    private var outgoing: [[Int]]
    private var incoming: [[Int]]

    init(count: Int) {
        self.outgoing = Array(repeating: [], count: count)
        self.incoming = Array(repeating: [], count: count)
    }

    mutating func connect(_ from: Int, to: Int) {
        self.outgoing[from].append(to)
        self.incoming[to].append(from)
    }

    /// The number of each vertex's component (Kosaraju).
    func components() -> [Int] {
        var component = [Int](repeating: -1, count: self.outgoing.count)
        var number = 0
        for root in self.finishingOrder().reversed() where component[root] < 0 {
            var stack = [root]
            component[root] = number
            while let vertex = stack.popLast() {
                for next in self.incoming[vertex] where component[next] < 0 {
                    component[next] = number
                    stack.append(next)
                }
            }
            number += 1
        }
        return component
    }

    private func finishingOrder() -> [Int] {
        var order: [Int] = []
        var seen = [Bool](repeating: false, count: self.outgoing.count)
        for root in self.outgoing.indices where !seen[root] {
            seen[root] = true
            var stack = [(vertex: root, next: 0)]
            while let top = stack.last {
                guard top.next < self.outgoing[top.vertex].count else {
                    order.append(top.vertex)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let neighbour = self.outgoing[top.vertex][top.next]
                if !seen[neighbour] {
                    seen[neighbour] = true
                    stack.append((neighbour, 0))
                }
            }
        }
        return order
    }
}
