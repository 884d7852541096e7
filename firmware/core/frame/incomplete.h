// What has come of a message that is still being collected: for an edge that answers at the deadline from what is there.
#ifndef CUTPOINT_FRAME_INCOMPLETE_H_
#define CUTPOINT_FRAME_INCOMPLETE_H_

#include <stddef.h>
#include <stdint.h>

#include "../span.h"
#include "header.h"

namespace cutpoint {

// Never a message: only bytes of the payload whose chunk came, each with a right checksum, mean anything.
// header.chunk_index is 0 and header.payload_bytes the most that the payload can have.
struct IncompleteMessage {
  Header header;
  Bytes payload;             // in the reassembler's buffer: valid until its next push
  size_t chunk_payload;      // of every chunk but the last, at least 1
  Span<const uint32_t> came;  // a bit for each chunk
  uint16_t chunks_came;

  // The end of the bytes that came, without a gap, from `at` on; `at` itself when that byte did not come.
  size_t came_until(size_t at) const { return run(at, true); }

  // The first byte from `at` on that came; the payload's end, or `at` beyond it, when there is none.
  size_t next_came(size_t at) const { return run(at, false); }

  // Whether all of [at, at + count) came.
  bool has(size_t at, size_t count) const {
    return at <= payload.size() && count <= payload.size() - at && (count == 0 || came_until(at) >= at + count);
  }

 private:
  // Where the run of chunks that came (or did not) and that holds `at` ends.
  size_t run(size_t at, bool wanted) const {
    if (at >= payload.size()) {
      return at;
    }
    size_t chunk = at / chunk_payload;
    if (bit(chunk) != wanted) {
      return at;
    }
    while (chunk < header.chunk_count && bit(chunk) == wanted) {
      ++chunk;
    }
    const size_t end = chunk * chunk_payload;
    return chunk < header.chunk_count && end < payload.size() ? end : payload.size();
  }

  bool bit(size_t chunk) const { return (came[chunk / 32] >> (chunk % 32) & 1u) != 0; }
};

}  // namespace cutpoint

#endif  // CUTPOINT_FRAME_INCOMPLETE_H_
