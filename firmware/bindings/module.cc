// The Python module `cutpoint._core`: firmware/core and firmware/device for Python, one binding file per room.
#include <nanobind/nanobind.h>

void bind_frame(nanobind::module_& m);
void bind_codec(nanobind::module_& m);
void bind_codec_tables(nanobind::module_& m);
void bind_session(nanobind::module_& m);
void bind_settings(nanobind::module_& m);
void bind_slot(nanobind::module_& m);
void bind_slot_choice(nanobind::module_& m);
void bind_update(nanobind::module_& m);
void bind_cipher(nanobind::module_& m);
void bind_update_steps(nanobind::module_& m);
void bind_picture(nanobind::module_& m);
void bind_board(nanobind::module_& m);
void bind_console(nanobind::module_& m);
void bind_stream(nanobind::module_& m);

NB_MODULE(_core, m) {
  // An object that a daemon thread or a kept traceback holds at exit is no leak, and nobody who sees the warning can
  // tell. tests/session/test_session_memory.py looks for real ones.
  nanobind::set_leak_warnings(false);
  m.doc() = "firmware/core and firmware/device for Python: the very code that runs on a board.";
  bind_frame(m);
  bind_codec(m);
  bind_codec_tables(m);
  bind_session(m);
  bind_settings(m);
  bind_slot(m);
  bind_slot_choice(m);
  bind_update(m);
  bind_cipher(m);
  bind_update_steps(m);
  bind_picture(m);
  bind_board(m);
  bind_console(m);
  bind_stream(m);
}
