const list = document.getElementById('items');
fetch('/items?limit=20').then(r => r.json()).then(page => {
  for (const item of page.items) {
    const row = document.createElement('li');
    row.textContent = `${item.name}: ${(item.price_cents / 100).toFixed(2)}`;
    list.append(row);
  }
});
