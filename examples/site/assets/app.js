document.body.append("The script was loaded too.");
