/* Union-find over the kernels that sites touch. */
#include "site_groups.h"
#include "tessera/base/hash.h"

static int32_t find_root(int32_t *parent, int32_t kernel) {
  while (parent[kernel] != kernel)
    kernel = parent[kernel] = parent[parent[kernel]];
  return kernel;
}

/* Joins the kernels of a site; returns one of them, or TESS_NONE. */
static int32_t join_site(int32_t *parent, const tess_program_t *program,
                         const tess_site_t *site) {
  int32_t first = TESS_NONE;
  for (int32_t i = 0; i < site->node_count; i++) {
    int32_t kernel = program->kernel_of_node[site->nodes[i]];
    if (kernel < 0)
      continue;
    if (first == TESS_NONE)
      first = kernel;
    int32_t a = find_root(parent, first), b = find_root(parent, kernel);
    parent[a > b ? a : b] = a > b ? b : a;
  }
  return first;
}

/* Sorts items 0 … count - 1 by their group, TESS_NONE: left out. Fills the
 * groups' starts in the sorted list and their sizes. */
static int32_t *sort_by_group(tess_arena_t *arena, const int32_t *group_of,
                              int32_t count, int32_t group_count,
                              int32_t *start, int32_t *size) {
  int32_t *sorted = tess_arena_array(arena, (size_t)count, sizeof *sorted);
  for (int32_t i = 0; i < count; i++)
    if (group_of[i] != TESS_NONE)
      size[group_of[i]]++;
  for (int32_t g = 0, next = 0; g < group_count; g++) {
    start[g] = next;
    next += size[g];
    size[g] = 0;
  }
  for (int32_t i = 0; i < count; i++)
    if (group_of[i] != TESS_NONE)
      sorted[start[group_of[i]] + size[group_of[i]]++] = i;
  return sorted;
}

static int32_t *array(tess_arena_t *arena, int32_t count) {
  return tess_arena_array(arena, (size_t)count, sizeof(int32_t));
}

/* The group of every site and kernel, numbered in the order of first sites;
 * returns how many there are. */
static int32_t number_groups(const tess_program_t *program,
                             const tess_site_list_t *sites, int32_t *parent,
                             int32_t *of_site, int32_t *of_kernel) {
  tess_index_map_t *roots = tess_index_map_create(sizeof(int32_t));
  for (int32_t k = 0; k < program->kernel_count; k++)
    parent[k] = k;
  for (int32_t i = 0; i < sites->count; i++)
    of_site[i] = join_site(parent, program, &sites->sites[i]);
  for (int32_t i = 0; i < sites->count; i++) {
    if (of_site[i] == TESS_NONE)
      continue;
    int32_t root = find_root(parent, of_site[i]);
    of_site[i] = (int32_t)tess_index_map_add(roots, &root, NULL);
  }
  for (int32_t k = 0; k < program->kernel_count; k++) {
    int32_t root = find_root(parent, k);
    size_t group = tess_index_map_find(roots, &root);
    of_kernel[k] = group == SIZE_MAX ? TESS_NONE : (int32_t)group;
  }
  int32_t count = (int32_t)tess_index_map_count(roots);
  tess_index_map_destroy(roots);
  return count;
}

int32_t tess_site_groups(const tess_program_t *program,
                         const tess_site_list_t *sites, tess_arena_t *arena,
                         const tess_site_group_t **groups) {
  int32_t kernels = program->kernel_count;
  int32_t *of_site = array(arena, sites->count);
  int32_t *of_kernel = array(arena, kernels);
  int32_t count =
      number_groups(program, sites, array(arena, kernels), of_site, of_kernel);
  int32_t *site_start = array(arena, count), *site_size = array(arena, count);
  int32_t *kernel_start = array(arena, count);
  int32_t *kernel_size = array(arena, count);
  int32_t *sorted_sites =
      sort_by_group(arena, of_site, sites->count, count, site_start, site_size);
  int32_t *sorted_kernels = sort_by_group(arena, of_kernel, kernels, count,
                                          kernel_start, kernel_size);
  tess_site_group_t *list =
      tess_arena_array(arena, (size_t)count, sizeof *list);
  for (int32_t g = 0; g < count; g++)
    list[g] =
        (tess_site_group_t){sorted_sites + site_start[g], site_size[g],
                            sorted_kernels + kernel_start[g], kernel_size[g]};
  *groups = list;
  return count;
}
