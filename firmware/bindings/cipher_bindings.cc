// Sealed frames for Python. The cipher itself is a Python object: AES-256-GCM of the package `cryptography`.
#include <nanobind/nanobind.h>

#include <exception>
#include <utility>
#include <vector>

#include "bytes.h"
#include "cipher/sealing.h"
#include "python_bytes.h"

namespace nb = nanobind;

namespace cutpoint {
namespace {

// Asks an object with seal(nonce, aad, text) -> text and tag, and open(nonce, aad, text and tag) -> text or None.
class PythonCipher final : public Cipher {
 public:
  explicit PythonCipher(nb::object cipher) : cipher_(std::move(cipher)) {}

  bool seal(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text, uint8_t (&tag)[kTagBytes]) override {
    return guarded([&] {
      const nb::object sealed = cipher_.attr("seal")(to_python(Bytes(nonce)), to_python(aad), to_python(text));
      const BytesView bytes(sealed);
      if (bytes.get().size() != text.size() + kTagBytes) {
        throw nb::value_error("the cipher's seal() returned another size than the text and a tag of 16 bytes");
      }
      copy_bytes(text.data(), bytes.get().data(), text.size());
      copy_bytes(tag, bytes.get().data() + text.size(), kTagBytes);
      return true;
    });
  }

  bool open(const uint8_t (&nonce)[kNonceBytes], Bytes aad, MutableBytes text,
            const uint8_t (&tag)[kTagBytes]) override {
    return guarded([&] {
      std::vector<uint8_t> sealed(text.begin(), text.end());
      sealed.insert(sealed.end(), tag, tag + kTagBytes);
      const nb::object opened = cipher_.attr("open")(to_python(Bytes(nonce)), to_python(aad),
                                                     to_python(Bytes(sealed.data(), sealed.size())));
      if (opened.is_none()) {
        return false;
      }
      const BytesView bytes(opened);
      if (bytes.get().size() != text.size()) {
        throw nb::value_error("the cipher's open() returned another size than the text");
      }
      copy_bytes(text.data(), bytes.get().data(), text.size());
      return true;
    });
  }

  // To be called when the core has returned.
  void raise() {
    if (error_ != nullptr) {
      std::rethrow_exception(std::exchange(error_, nullptr));
    }
  }

 private:
  // The core is compiled without exceptions, so none may pass through it.
  template <typename Call>
  bool guarded(Call call) {
    try {
      return call();
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
  }

  nb::object cipher_;
  std::exception_ptr error_;
};

class PythonSealer {
 public:
  PythonSealer(nb::object cipher, uint8_t role, uint32_t boot, uint32_t salt, uint32_t sealed)
      : cipher_(std::move(cipher)), sealer_(cipher_, static_cast<Role>(role), Life{boot, salt}, sealed) {}

  // The sealed frame, or the Status (int).
  nb::object seal(nb::handle frame) {
    const BytesView plain(frame);
    std::vector<uint8_t> to(plain.get().size() + kSealBytes);
    size_t bytes = 0;
    const Status status = sealer_.seal(plain.get(), MutableBytes(to.data(), to.size()), bytes);
    cipher_.raise();
    return status == Status::kOk ? to_python(Bytes(to.data(), bytes)) : nb::int_(static_cast<int>(status));
  }

  uint32_t sealed() const { return sealer_.sealed(); }

 private:
  PythonCipher cipher_;
  FrameSealer sealer_;
};

class PythonOpener {
 public:
  PythonOpener(nb::object cipher, uint8_t own)
      : cipher_(std::move(cipher)), opener_(cipher_, static_cast<Role>(own)) {}

  // The plain frame, or the Status (int).
  nb::object open(nb::handle frame) {
    const BytesView sealed(frame);
    std::vector<uint8_t> in_place(sealed.get().begin(), sealed.get().end());
    size_t bytes = 0;
    const Status status = opener_.open(MutableBytes(in_place.data(), in_place.size()), bytes);
    cipher_.raise();
    return status == Status::kOk ? to_python(Bytes(in_place.data(), bytes)) : nb::int_(static_cast<int>(status));
  }

  // (boot, salt, counter) of the newest frame opened of a role, or None.
  nb::object newest(uint8_t role) {
    const ReplayWindow* window = opener_.window(static_cast<Role>(role));
    if (window == nullptr || window->empty()) {
      return nb::none();
    }
    return nb::make_tuple(window->life().boot, window->life().salt, window->highest());
  }

  void resume(uint8_t role, uint32_t boot, uint32_t salt, uint32_t counter) {
    ReplayWindow* window = opener_.window(static_cast<Role>(role));
    if (window == nullptr) {
      throw nb::value_error("this end opens no frames of that role");
    }
    window->resume(Life{boot, salt}, counter);
  }

  nb::dict counters() const {
    const OpenCounters& counted = opener_.counters();
    nb::dict by_name;
    by_name["opened"] = counted.opened;
    by_name["plain"] = counted.plain;
    by_name["damaged"] = counted.damaged;
    by_name["forged"] = counted.forged;
    by_name["replayed"] = counted.replayed;
    by_name["old_life"] = counted.old_life;
    by_name["role"] = counted.role;
    by_name["any_life"] = counted.any_life;
    return by_name;
  }

 private:
  PythonCipher cipher_;
  FrameOpener opener_;
};

// The plain frame, or the Status (int): whoever sealed it, and however often it has been opened.
nb::object decrypt(nb::object cipher, nb::handle frame) {
  PythonCipher own(std::move(cipher));
  const BytesView sealed(frame);
  std::vector<uint8_t> in_place(sealed.get().begin(), sealed.get().end());
  size_t bytes = 0;
  const Status status = decrypt_frame(own, MutableBytes(in_place.data(), in_place.size()), bytes);
  own.raise();
  return status == Status::kOk ? to_python(Bytes(in_place.data(), bytes)) : nb::int_(static_cast<int>(status));
}

}  // namespace
}  // namespace cutpoint

void bind_cipher(nb::module_& m) {
  using cutpoint::PythonOpener;
  using cutpoint::PythonSealer;
  m.attr("SEAL_BYTES") = cutpoint::kSealBytes;
  nb::class_<PythonSealer>(m, "FrameSealer")
      .def(nb::init<nb::object, uint8_t, uint32_t, uint32_t, uint32_t>(), nb::arg("cipher"), nb::arg("role"),
           nb::arg("boot"), nb::arg("salt"), nb::arg("sealed") = 0)
      .def("seal", &PythonSealer::seal)
      .def_prop_ro("sealed", &PythonSealer::sealed);
  nb::class_<PythonOpener>(m, "FrameOpener")
      .def(nb::init<nb::object, uint8_t>(), nb::arg("cipher"), nb::arg("own"))
      .def("open", &PythonOpener::open)
      .def("newest", &PythonOpener::newest)
      .def("resume", &PythonOpener::resume)
      .def_prop_ro("counters", &PythonOpener::counters);
  m.def("decrypt_frame", &cutpoint::decrypt, nb::arg("cipher"), nb::arg("frame"));
}
