/* A target file as JSON text, member by member. */
#include "writer.h"
#include "schema.h"

tess_writer_t tess_writer_begin(tess_text_t *out, const char *name,
                                const char *title, const char *target_class) {
  tess_text_add(out, "{\n  \"schema\": \"%s\",\n  \"name\": \"%s\",\n",
                TESS_TARGET_SCHEMA, name);
  tess_text_add(out, "  \"title\": ");
  tess_text_add_json(out, title);
  tess_text_add(out, ",\n  \"class\": \"%s\"", target_class);
  return (tess_writer_t){.out = out};
}

void tess_writer_end(tess_writer_t *writer) {
  tess_text_add(writer->out, "\n}\n");
}

static void start_member(tess_writer_t *writer, const char *key) {
  tess_text_add(writer->out, "%s%*s\"%s\": {", writer->first ? "\n" : ",\n",
                2 + 2 * writer->depth, "", key);
  writer->first = false;
}

void tess_writer_open(tess_writer_t *writer, const char *key) {
  start_member(writer, key);
  writer->depth++;
  writer->first = true;
}

void tess_writer_close(tess_writer_t *writer) {
  tess_text_add(writer->out, "\n%*s}", 2 * writer->depth--, "");
  writer->first = false;
}

void tess_writer_field(tess_writer_t *writer, const char *key,
                       const char *value, const char *unit, const char *mark,
                       const char *source) {
  start_member(writer, key);
  tess_text_add(writer->out, "\"value\": %s, ", value);
  if (unit)
    tess_text_add(writer->out, "\"unit\": \"%s\", ", unit);
  tess_text_add(writer->out, "\"mark\": \"%s\", \"source\": ", mark);
  tess_text_add_json(writer->out, source);
  tess_text_add(writer->out, "}");
}

void tess_writer_number(tess_writer_t *writer, const char *key, double value,
                        const char *unit, const char *mark,
                        const char *source) {
  char text[40];
  snprintf(text, sizeof(text), "%.15g", value);
  tess_writer_field(writer, key, text, unit, mark, source);
}
