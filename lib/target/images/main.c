/* gen-target-images: the embedded target files, parsed, as a C file of images
 * on standard output. Runs at build; a file of data/ that does not parse ends
 * the build with its place. */
#include "embedded.h"
#include "image.h"
#include "schema.h"
#include <stdio.h>

/* The loader that this program is linked with wants a table, and never looks
 * into it for a target whose facts are asked for. */
const tess_target_image_t tess_target_images[1];

/* A string with what C would read otherwise escaped. */
static void print_string(const char *text) {
  putchar('"');
  for (; *text; text++)
    if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ' ||
        *text == '?')
      printf("\\%03o", (unsigned)(unsigned char)*text);
    else
      putchar(*text);
  putchar('"');
}

static void print_values(const tess_target_t *target, size_t index) {
  printf("static const double values_%zu[] = {", index);
  for (size_t row = 0; row < tess_schema_count; row++)
    printf("%s%a,", row % 4 ? " " : "\n    ",
           tess_target_image_value(target, row));
  printf("\n};\n");
}

static tess_status_t parse(tess_arena_t *arena, size_t index,
                           const tess_target_t **target) {
  const tess_embedded_t *file = &tess_embedded_targets[index];
  return tess_target_parse(arena, file->name, (const char *)file->bytes,
                           file->length, target, NULL, NULL);
}

static tess_status_t print_all(tess_arena_t *arena) {
  const tess_target_t **targets =
      tess_arena_array(arena, tess_embedded_target_count, sizeof(*targets));
  printf("/* Written by gen-target-images. */\n#include \"image.h\"\n\n");
  for (size_t i = 0; i < tess_embedded_target_count; i++) {
    TESS_TRY(parse(arena, i, &targets[i]));
    print_values(targets[i], i);
  }
  printf("\nconst tess_target_image_t tess_target_images[] = {\n");
  for (size_t i = 0; i < tess_embedded_target_count; i++) {
    printf("    {");
    print_string(targets[i]->name);
    printf(", ");
    print_string(targets[i]->title);
    printf(", %d, values_%zu},\n", (int)targets[i]->target_class, i);
  }
  printf("};\n");
  return TESS_SUCCESS;
}

int main(void) {
  tess_arena_t arena = TESS_ARENA_INIT;
  tess_status_t status = print_all(&arena);
  if (status)
    fprintf(stderr, "gen-target-images: %s\n", tess_status_text(status));
  int failed = status != TESS_SUCCESS || fflush(stdout) != 0;
  tess_status_free(status);
  tess_arena_free(&arena);
  return failed;
}
