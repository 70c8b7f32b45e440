/// A binary heap that gives its least element first.
struct PriorityQueue<Element: Comparable & Sendable>: Sendable {
    private var elements: [Element] = []

    var first: Element? { self.elements.first }

    mutating func insert(_ element: Element) {
        self.elements.append(element)
        var child = self.elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self.elements[child] < self.elements[parent] else { return }
            self.elements.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> Element? {
        guard let last = self.elements.popLast() else { return nil }
        guard let first = self.elements.first else { return last }
        self.elements[0] = last
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < self.elements.count, self.elements[left] < self.elements[least] { least = left }
            if left + 1 < self.elements.count, self.elements[left + 1] < self.elements[least] { least = left + 1 }
            guard least != parent else { return first }
            self.elements.swapAt(parent, least)
            parent = least
        }
    }
}
