// Flash, hash and progress that Python objects play, for an UpdateReceiver.
#ifndef CUTPOINT_BINDINGS_PYTHON_PORTS_H_
#define CUTPOINT_BINDINGS_PYTHON_PORTS_H_

#include <nanobind/nanobind.h>

#include <exception>
#include <utility>

#include "bytes.h"
#include "python_bytes.h"
#include "update/receiver.h"

namespace cutpoint {

// The core is compiled without exceptions, so none may pass through it: the first one is kept, the call fails, and
// rethrow() raises it once the core has returned.
class Kept {
 public:
  template <typename Work>
  bool guard(Work work) {
    try {
      return work();
    } catch (...) {
      if (!error_) {
        error_ = std::current_exception();
      }
      return false;
    }
  }
  void rethrow() {
    if (error_) {
      std::rethrow_exception(std::exchange(error_, nullptr));
    }
  }

 private:
  std::exception_ptr error_;
};

// size() -> int, erase(offset, bytes) -> bool, write(offset, data) -> bool, read(offset, bytes) -> bytes or None
class PythonFlash final : public device::FlashArea {
 public:
  PythonFlash(nanobind::object area, Kept& kept) : area_(std::move(area)), kept_(kept) {}

  uint32_t size() override {
    uint32_t bytes = 0;
    kept_.guard([&] {
      bytes = argument<uint32_t>(area_.attr("size")());
      return true;
    });
    return bytes;
  }
  bool erase(uint32_t offset, uint32_t bytes) override {
    return kept_.guard([&] { return nanobind::cast<bool>(area_.attr("erase")(offset, bytes)); });
  }
  bool write(uint32_t offset, Bytes bytes) override {
    return kept_.guard([&] { return nanobind::cast<bool>(area_.attr("write")(offset, to_python(bytes))); });
  }
  bool read(uint32_t offset, MutableBytes bytes) override {
    return kept_.guard([&] {
      const nanobind::object read = area_.attr("read")(offset, bytes.size());
      if (read.is_none()) {
        return false;
      }
      const BytesView view(read);
      if (view.get().size() != bytes.size()) {
        throw nanobind::value_error("a flash area's read() gives as many bytes as were asked for, or None");
      }
      copy_bytes(bytes.data(), view.get().data(), bytes.size());
      return true;
    });
  }

 private:
  nanobind::object area_;
  Kept& kept_;
};

// Makes a new hash by calling `factory`, like hashlib.sha256.
class PythonHash final : public device::Hash {
 public:
  PythonHash(nanobind::object factory, Kept& kept) : factory_(std::move(factory)), kept_(kept) {}

  bool reset() override {
    return kept_.guard([&] {
      hash_ = factory_();
      return true;
    });
  }
  bool update(Bytes bytes) override {
    return kept_.guard([&] {
      hash_.attr("update")(to_python(bytes));
      return true;
    });
  }
  bool finish(uint8_t (&digest)[device::kSha256Bytes]) override {
    return kept_.guard([&] {
      const BytesView view(hash_.attr("digest")());
      if (view.get().size() != device::kSha256Bytes) {
        throw nanobind::value_error("the hash of an update has 32 bytes: hand in hashlib.sha256");
      }
      copy_bytes(digest, view.get().data(), device::kSha256Bytes);
      return true;
    });
  }

 private:
  nanobind::object factory_;
  nanobind::object hash_;
  Kept& kept_;
};

// load() -> bytes or None, store(bytes)
class PythonProgress final : public device::ProgressStore {
 public:
  PythonProgress(nanobind::object store, Kept& kept) : store_(std::move(store)), kept_(kept) {}

  bool load(device::UpdateProgress& progress) override {
    return kept_.guard([&] {
      const nanobind::object kept = store_.attr("load")();
      return !kept.is_none() && device::read_progress(BytesView(kept).get(), progress);
    });
  }
  bool store(const device::UpdateProgress& progress) override {
    uint8_t bytes[device::kProgressBytes] = {};
    device::write_progress(progress, bytes);
    return kept_.guard([&] {
      store_.attr("store")(to_python(Bytes(bytes)));
      return true;
    });
  }

 private:
  nanobind::object store_;
  Kept& kept_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_BINDINGS_PYTHON_PORTS_H_
