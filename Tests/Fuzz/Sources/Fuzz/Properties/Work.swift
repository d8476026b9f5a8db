#if INTERPOST_COUNT_WORK
    import CWork
#endif

/// What reading costs, counted and not timed: basic blocks that ran, octets that were searched, compared or copied. Only
/// the fuzz build counts; elsewhere everything costs nothing, and every bound holds.
enum Work {
    /// Since the program began.
    static var done: Int {
        #if INTERPOST_COUNT_WORK
            Int(truncatingIfNeeded: work_blocks() &+ work_octets() / 8)
        #else
            0
        #endif
    }

    /// Octets on the heap now.
    static var heap: Int {
        #if INTERPOST_COUNT_WORK
            Int(truncatingIfNeeded: work_heap())
        #else
            0
        #endif
    }

    /// What `body` costs.
    static func of<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Int {
        let start = done
        try body()
        return done - start
    }
}
